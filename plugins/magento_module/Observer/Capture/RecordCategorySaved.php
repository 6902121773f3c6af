<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;

/**
 * A category was saved or moved.
 */
class RecordCategorySaved extends RecordObserver
{
    protected function record(Event $event): void
    {
        $this->recorder->record('category.saved', 'category', (string) $event->getData('category')->getId());
    }
}
