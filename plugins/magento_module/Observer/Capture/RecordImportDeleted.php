<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;

/**
 * An import deleted products.
 */
class RecordImportDeleted extends RecordObserver
{
    protected function record(Event $event): void
    {
        $ids = array_map(static fn ($id): array => ['id' => (string) $id], (array) $event->getData('ids_to_delete'));
        $this->recorder->recordMany('product.deleted', 'product', $ids);
    }
}
