<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;

/**
 * Products were put into a category or taken out of it.
 */
class RecordCategoryProducts extends RecordObserver
{
    protected function record(Event $event): void
    {
        $ids = array_map(static fn ($id): array => ['id' => (string) $id], (array) $event->getData('product_ids'));
        $this->recorder->recordMany('product.saved', 'product', $ids);
    }
}
