<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\CatalogImportExport\Model\Import\Product as ProductImport;
use Magento\Framework\Event;

/**
 * An import wrote some products. What it writes to stock afterwards is seen by the stock's own ways in.
 */
class RecordImport extends RecordObserver
{
    private const PRICE_COLUMNS = ['price', 'special_price', 'special_price_from_date', 'special_price_to_date', 'tier_prices'];

    protected function record(Event $event): void
    {
        $adapter = $event->getData('adapter');
        if (!$adapter instanceof ProductImport) {
            return;
        }
        $saved = [];
        $priced = [];
        foreach ((array) $event->getData('bunch') as $row) {
            $sku = (string) ($row[ProductImport::COL_SKU] ?? '');
            $id = $sku === '' ? null : $adapter->getNewSku($sku)['entity_id'] ?? null;
            if ($id === null) {
                continue;
            }
            $saved[(int) $id] = ['id' => (string) $id, 'sku' => $sku];
            if (array_intersect_key($row, array_flip(self::PRICE_COLUMNS)) !== []) {
                $priced[(int) $id] = $saved[(int) $id];
            }
        }
        $this->recorder->recordMany('product.saved', 'product', $saved);
        $this->recorder->recordMany('price.changed', 'product', $priced);
    }
}
