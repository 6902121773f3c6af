<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;

/**
 * Products were put into websites or taken out of them.
 */
class RecordProductWebsites extends RecordObserver
{
    protected function record(Event $event): void
    {
        $ids = array_map(static fn ($id): array => ['id' => (string) $id], (array) $event->getData('products'));
        $this->recorder->recordMany('product.saved', 'product', $ids);
    }
}
