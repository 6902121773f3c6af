<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Sales\Api\InvoiceOrderInterface;
use Magento\Sales\Model\Order;

/**
 * Makes the invoice over all that is left: the buyer has paid TikTok Shop. No mail goes out.
 */
class Invoicer
{
    public function __construct(private readonly InvoiceOrderInterface $invoices)
    {
    }

    /**
     * Nothing where there is nothing left to invoice.
     */
    public function invoice(Order $order): void
    {
        if ($order->canInvoice()) {
            $this->invoices->execute((int) $order->getId(), false, [], false);
        }
    }
}
