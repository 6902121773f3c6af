<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Order;

use Magento\Framework\Event\Observer;
use Magento\Framework\Event\ObserverInterface;
use Magento\Sales\Model\Order\Creditmemo;
use Magento\Sales\Model\Order\Invoice;
use Shopbridge\TikTokShop\Model\Order\Fees;
use Shopbridge\TikTokShop\Model\Order\Keys;

/**
 * Keeps TikTok Shop's other charges that were collected into an invoice or credit memo, in its transaction.
 */
class KeepDocumentFees implements ObserverInterface
{
    public function __construct(private readonly Keys $keys)
    {
    }

    /**
     * @inheritdoc
     */
    public function execute(Observer $observer): void
    {
        $document = $observer->getEvent()->getData('data_object');
        $isInvoice = $document instanceof Invoice;
        if (($isInvoice || $document instanceof Creditmemo) && $document->hasData(Fees::FIELD)) {
            $kind = $isInvoice ? Keys::INVOICE : Keys::CREDITMEMO;
            $fees = number_format((float) $document->getData(Fees::FIELD), 4, '.', '');
            $this->keys->keepFees($kind, (int) $document->getId(), (int) $document->getOrderId(), $fees);
        }
    }
}
