<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;
use Magento\Sales\Model\Order\Creditmemo;

/**
 * A credit memo was saved.
 */
class RecordRefund extends RecordObserver
{
    protected function record(Event $event): void
    {
        $memo = $event->getData('creditmemo');
        if ($memo instanceof Creditmemo) {
            $this->recorder->record('refund.created', 'order', (string) $memo->getOrderId());
        }
    }
}
