<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\Event;
use Magento\Framework\Model\AbstractModel;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * Before a stock item is saved: does it differ from what is stored? Each product save writes it anew, and the model does
 * not know what it was.
 */
class LookAtStockItem extends RecordObserver
{
    public const IS_CHANGED = 'shopbridge_is_changed';

    private const FIELDS = [
        'qty', 'is_in_stock', 'manage_stock', 'use_config_manage_stock', 'backorders', 'use_config_backorders', 'min_qty',
        'use_config_min_qty',
    ];

    public function __construct(
        Recorder $recorder,
        private readonly ResourceConnection $resource
    ) {
        parent::__construct($recorder);
    }

    protected function record(Event $event): void
    {
        $item = $event->getData('item');
        if (!$item instanceof AbstractModel) {
            return;
        }
        $connection = $this->resource->getConnection();
        $stored = $connection->fetchRow(
            $connection->select()->from($this->resource->getTableName('cataloginventory_stock_item'), self::FIELDS)
                ->where('item_id = ?', (int) $item->getId())
        );
        $isChanged = $stored === false;
        foreach ($stored === false ? [] : self::FIELDS as $field) {
            $isChanged = $isChanged || $item->hasData($field) && (float) $item->getData($field) !== (float) $stored[$field];
        }
        $item->setData(self::IS_CHANGED, $isChanged);
    }
}
