<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Offers;

use Magento\CatalogInventory\Api\StockConfigurationInterface;
use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Sql\Expression;
use Magento\InventorySalesApi\Api\Data\SalesChannelInterface;
use Magento\InventorySalesApi\Api\StockResolverInterface;
use Magento\Store\Model\StoreManagerInterface;

/**
 * Salable quantities of many SKUs in three queries: the shop's own service answers one SKU at a time.
 */
class Salable
{
    /** @var array<int, int> stock by website */
    private array $stocks = [];

    public function __construct(
        private readonly ResourceConnection $resource,
        private readonly StockResolverInterface $stockResolver,
        private readonly StoreManagerInterface $storeManager,
        private readonly StockConfigurationInterface $configuration
    ) {
    }

    /**
     * @param string[] $skus
     * @return array<string, Stock> by SKU; SKUs without a product are left out
     */
    public function ofSkus(array $skus, int $websiteId): array
    {
        if ($skus === []) {
            return [];
        }
        $stockId = $this->stockId($websiteId);
        $sources = $this->sources($skus, $stockId);
        $reserved = $this->reserved($skus, $stockId);
        $found = [];
        foreach ($this->settings($skus) as $row) {
            $sku = (string) $row['sku'];
            $source = $sources[strtolower($sku)] ?? ['quantity' => 0.0, 'status' => 0];
            $threshold = $row['use_config_min_qty'] ? $this->configuration->getMinQty() : (float) $row['min_qty'];
            $found[$sku] = new Stock(
                (float) $source['quantity'] - $threshold + ($reserved[strtolower($sku)] ?? 0.0),
                (bool) ($row['use_config_manage_stock'] ? $this->configuration->getManageStock() : $row['manage_stock']),
                (bool) ($row['use_config_backorders'] ? $this->configuration->getBackorders() : $row['backorders']),
                (bool) $source['status']
            );
        }
        return $found;
    }

    private function stockId(int $websiteId): int
    {
        return $this->stocks[$websiteId] ??= (int) $this->stockResolver->execute(
            SalesChannelInterface::TYPE_WEBSITE,
            $this->storeManager->getWebsite($websiteId)->getCode()
        )->getStockId();
    }

    /**
     * @param string[] $skus
     * @return array<string, array{quantity: float, status: int}>
     */
    private function sources(array $skus, int $stockId): array
    {
        $connection = $this->resource->getConnection();
        $select = $connection->select()
            ->from(['item' => $this->resource->getTableName('inventory_source_item')], ['sku'])
            ->join(
                ['link' => $this->resource->getTableName('inventory_source_stock_link')],
                'link.source_code = item.source_code',
                []
            )
            ->join(
                ['source' => $this->resource->getTableName('inventory_source')],
                'source.source_code = item.source_code AND source.enabled = 1',
                []
            )
            ->columns(['quantity' => new Expression('SUM(IF(item.status = 1, item.quantity, 0))')])
            ->columns(['status' => new Expression('MAX(item.status)')])
            ->where('link.stock_id = ?', $stockId)
            ->where('item.sku IN (?)', $skus)
            ->group('item.sku');
        $found = [];
        foreach ($connection->fetchAll($select) as $row) {
            $found[strtolower((string) $row['sku'])] = ['quantity' => (float) $row['quantity'], 'status' => (int) $row['status']];
        }
        return $found;
    }

    /**
     * @param string[] $skus
     * @return array<string, float>
     */
    private function reserved(array $skus, int $stockId): array
    {
        $connection = $this->resource->getConnection();
        $select = $connection->select()
            ->from($this->resource->getTableName('inventory_reservation'), ['sku'])
            ->columns(['quantity' => new Expression('SUM(quantity)')])
            ->where('stock_id = ?', $stockId)
            ->where('sku IN (?)', $skus)
            ->group('sku');
        $found = [];
        foreach ($connection->fetchAll($select) as $row) {
            $found[strtolower((string) $row['sku'])] = (float) $row['quantity'];
        }
        return $found;
    }

    /**
     * @param string[] $skus
     * @return list<array<string, mixed>>
     */
    private function settings(array $skus): array
    {
        $connection = $this->resource->getConnection();
        $columns = [
            'manage_stock', 'use_config_manage_stock', 'backorders', 'use_config_backorders', 'min_qty', 'use_config_min_qty',
        ];
        $select = $connection->select()
            ->from(['product' => $this->resource->getTableName('catalog_product_entity')], ['sku'])
            ->joinLeft(
                ['item' => $this->resource->getTableName('cataloginventory_stock_item')],
                'item.product_id = product.entity_id AND item.stock_id = 1',
                $columns
            )
            ->where('product.sku IN (?)', $skus);
        return array_map(
            static fn (array $row): array => $row['use_config_manage_stock'] === null
                ? ['use_config_manage_stock' => 1, 'use_config_backorders' => 1, 'use_config_min_qty' => 1] + $row
                : $row,
            $connection->fetchAll($select)
        );
    }
}
