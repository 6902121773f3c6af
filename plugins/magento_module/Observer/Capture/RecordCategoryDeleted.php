<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;

/**
 * A category was deleted.
 */
class RecordCategoryDeleted extends RecordObserver
{
    protected function record(Event $event): void
    {
        $this->recorder->record('category.deleted', 'category', (string) $event->getData('category')->getId());
    }
}
