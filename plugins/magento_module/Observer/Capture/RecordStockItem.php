<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;
use Magento\Framework\Model\AbstractModel;

/**
 * A product's stock item was changed; a product save writes it even where nothing changed.
 */
class RecordStockItem extends RecordObserver
{
    private const FIELDS = [
        'qty', 'is_in_stock', 'manage_stock', 'use_config_manage_stock', 'backorders', 'use_config_backorders', 'min_qty',
        'use_config_min_qty',
    ];

    protected function record(Event $event): void
    {
        $item = $event->getData('item');
        if ($item instanceof AbstractModel && $this->isChanged($item)) {
            $this->recorder->record('stock.changed', 'product', (string) $item->getData('product_id'));
        }
    }

    private function isChanged(AbstractModel $item): bool
    {
        if ($item->isObjectNew() || $item->getOrigData('item_id') === null) {
            return true;
        }
        foreach (self::FIELDS as $field) {
            if ($item->hasData($field) && $item->dataHasChangedFor($field)) {
                return true;
            }
        }
        return false;
    }
}
