<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;
use Magento\Sales\Model\Order;

/**
 * An order was placed or changed; a cancellation is told by itself, too.
 */
class RecordOrder extends RecordObserver
{
    protected function record(Event $event): void
    {
        /** @var Order $order */
        $order = $event->getData('order');
        $id = (string) $order->getEntityId();
        $isCancelled = $order->getState() === Order::STATE_CANCELED && $order->getOrigData('state') !== Order::STATE_CANCELED;
        $types = $isCancelled ? ['order.changed', 'order.cancelled'] : ['order.changed'];
        $this->recorder->recordAll($types, 'order', [['id' => $id]]);
    }
}
