<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;
use Magento\Framework\Model\AbstractModel;

/**
 * A product's stock item was changed.
 */
class RecordStockItem extends RecordObserver
{
    protected function record(Event $event): void
    {
        $item = $event->getData('item');
        if ($item instanceof AbstractModel && $item->getData(LookAtStockItem::IS_CHANGED) !== false) {
            $this->recorder->record('stock.changed', 'product', (string) $item->getData('product_id'));
        }
    }
}
