<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order\Total;

use Magento\Sales\Model\Order\Invoice;
use Magento\Sales\Model\Order\Invoice\Total\AbstractTotal;
use Shopbridge\TikTokShop\Model\Order\Fees;
use Shopbridge\TikTokShop\Model\Order\Money;

/**
 * TikTok Shop's other charges go into an order's first invoice, as shipping does.
 */
class InvoiceFees extends AbstractTotal
{
    /**
     * @param mixed[] $data
     */
    public function __construct(private readonly Fees $fees, array $data = [])
    {
        parent::__construct($data);
    }

    /**
     * @return $this
     */
    public function collect(Invoice $invoice)
    {
        $order = $invoice->getOrder();
        if ($this->fees->rowOf($order) !== null) {
            $amount = Money::number($this->fees->toInvoice($order), (string) $order->getOrderCurrencyCode());
            $invoice->setData(Fees::FIELD, $amount);
            $invoice->setGrandTotal($invoice->getGrandTotal() + $amount);
            $invoice->setBaseGrandTotal($invoice->getBaseGrandTotal() + $amount);
        }
        return $this;
    }
}
