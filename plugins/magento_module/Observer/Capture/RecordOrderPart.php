<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;
use Magento\Framework\Model\AbstractModel;

/**
 * Something that belongs to an order was saved: an address, a comment, an invoice.
 */
class RecordOrderPart extends RecordObserver
{
    protected function record(Event $event): void
    {
        $part = $event->getData('data_object');
        $id = $part instanceof AbstractModel ? (string) ($part->getData('order_id') ?: $part->getData('parent_id')) : '';
        if ($id !== '') {
            $this->recorder->record('order.changed', 'order', $id);
        }
    }
}
