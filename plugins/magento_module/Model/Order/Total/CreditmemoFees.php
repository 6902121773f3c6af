<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order\Total;

use Magento\Sales\Model\Order\Creditmemo;
use Magento\Sales\Model\Order\Creditmemo\Total\AbstractTotal;
use Shopbridge\TikTokShop\Model\Order\Fees;
use Shopbridge\TikTokShop\Model\Order\Money;

/**
 * TikTok Shop's other charges come back with the last units, in a credit memo that is made by hand. Those of the hub
 * carry TikTok's own amounts and are not collected.
 */
class CreditmemoFees extends AbstractTotal
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
    public function collect(Creditmemo $creditmemo)
    {
        $order = $creditmemo->getOrder();
        if ($this->fees->rowOf($order) !== null) {
            $left = $creditmemo->isLast() ? $this->fees->toRefund($order) : 0;
            $amount = Money::number($left, (string) $order->getOrderCurrencyCode());
            $creditmemo->setData(Fees::FIELD, $amount);
            $creditmemo->setGrandTotal($creditmemo->getGrandTotal() + $amount);
            $creditmemo->setBaseGrandTotal($creditmemo->getBaseGrandTotal() + $amount);
        }
        return $this;
    }
}
