<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Outbox;

use Magento\Framework\App\ResourceConnection;

/**
 * Which product a SKU is, for the ways in that speak of SKUs alone.
 */
class Products
{
    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * @param string[] $skus
     * @return list<array{id: string, sku: string}> those that exist
     */
    public function bySku(array $skus): array
    {
        $connection = $this->resource->getConnection();
        $found = [];
        foreach (array_chunk(array_unique($skus), 1000) as $some) {
            $select = $connection->select()
                ->from($this->resource->getTableName('catalog_product_entity'), ['entity_id', 'sku'])
                ->where('sku IN (?)', $some);
            foreach ($connection->fetchPairs($select) as $id => $sku) {
                $found[] = ['id' => (string) $id, 'sku' => (string) $sku];
            }
        }
        return $found;
    }
}
