<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

use Magento\Framework\App\ResourceConnection;

/**
 * A variant's row names its configurable product: the hub knows products with variants, Magento knows each by itself.
 */
class Parents
{
    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * @param list<array<string, string|null>> $rows of the outbox
     * @return iterable<array<string, string|null>> the same; a variant's row once for each of its products
     */
    public function name(array $rows): iterable
    {
        $ids = [];
        foreach ($rows as $row) {
            if ($row['kind'] === 'product' && $row['variant_id'] === '') {
                $ids[(int) $row['subject_id']] = true;
            }
        }
        $parents = $this->parentsOf(array_keys($ids));
        foreach ($rows as $row) {
            $isAlone = $row['kind'] !== 'product' || $row['variant_id'] !== '';
            $found = $isAlone ? [] : $parents[(int) $row['subject_id']] ?? [];
            if ($found === []) {
                yield $row;
            }
            foreach ($found as $parent) {
                yield ['subject_id' => (string) $parent, 'variant_id' => $row['subject_id']] + $row;
            }
        }
    }

    /**
     * @param int[] $ids
     * @return array<int, int[]> configurable products by variant
     */
    public function parentsOf(array $ids): array
    {
        $connection = $this->resource->getConnection();
        $found = [];
        foreach (array_chunk($ids, 1000) as $some) {
            $select = $connection->select()
                ->from(['l' => $this->resource->getTableName('catalog_product_super_link')], 'product_id')
                ->join(['p' => $this->resource->getTableName('catalog_product_entity')], $this->join(), 'entity_id')
                ->where('l.product_id IN (?)', $some);
            foreach ($connection->fetchAll($select) as $row) {
                $found[(int) $row['product_id']][] = (int) $row['entity_id'];
            }
        }
        return $found;
    }

    /**
     * Adobe Commerce links by row_id, of which the entity may have several.
     */
    private function join(): string
    {
        $columns = $this->resource->getConnection()->describeTable($this->resource->getTableName('catalog_product_entity'));
        return isset($columns['row_id']) ? 'p.row_id = l.parent_id' : 'p.entity_id = l.parent_id';
    }
}
