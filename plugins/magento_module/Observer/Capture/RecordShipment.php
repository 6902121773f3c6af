<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;
use Magento\Framework\Model\AbstractModel;

/**
 * A shipment or a tracking number was made, changed or removed.
 */
class RecordShipment extends RecordObserver
{
    protected function record(Event $event): void
    {
        $part = $event->getData('data_object');
        if ($part instanceof AbstractModel && $part->getData('order_id')) {
            $this->recorder->record('shipment.changed', 'order', (string) $part->getData('order_id'));
        }
    }
}
