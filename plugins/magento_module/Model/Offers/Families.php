<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Offers;

use Magento\Catalog\Api\Data\ProductInterface;
use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Select;
use Magento\Framework\DB\Sql\Expression;
use Magento\Framework\EntityManager\MetadataPool;

/**
 * Which products are variants of which configurable ones, for many at once.
 */
class Families
{
    private const SELLABLE = ['simple', 'virtual', 'downloadable'];

    public function __construct(
        private readonly ResourceConnection $resource,
        private readonly MetadataPool $metadata
    ) {
    }

    /**
     * @param int[] $ids
     * @return array<int, int[]> parents by child; without those that have none
     */
    public function parents(array $ids): array
    {
        $found = [];
        foreach ($ids === [] ? [] : $this->rows($this->links()->where('link.product_id IN (?)', $ids)) as $row) {
            $found[(int) $row['child']][] = (int) $row['parent'];
        }
        return $found;
    }

    /**
     * What can be bought of these products: variants of configurable ones, and plain products themselves; a variant's
     * own id stands for it under its parent.
     *
     * @param int[] $ids
     * @return list<array{int, int}> product and variant, in id order
     */
    public function sellable(array $ids): array
    {
        if ($ids === []) {
            return [];
        }
        $pairs = [];
        foreach ($this->rows($this->links()->where('parent.entity_id IN (?)', $ids)) as $row) {
            $pairs[] = [(int) $row['parent'], (int) $row['child']];
        }
        $parents = $this->parents($ids);
        foreach ($this->rows($this->plain()->where('product.entity_id IN (?)', $ids)) as $row) {
            $id = (int) $row['parent'];
            foreach ($parents[$id] ?? [$id] as $parent) {
                $pairs[] = [$parent, $id];
            }
        }
        $pairs = array_values(array_unique($pairs, SORT_REGULAR));
        sort($pairs);
        return $pairs;
    }

    /**
     * All sellable SKUs of the catalogue after a place, in id order; a configurable without variants stands for itself.
     *
     * @return list<array{int, int}> product and variant, the variant 0 where the product itself is sold
     */
    public function after(int $product, int $variant, int $limit): array
    {
        $connection = $this->resource->getConnection();
        $link = $this->metadata->getMetadata(ProductInterface::class)->getLinkField();
        $table = $this->resource->getTableName('catalog_product_super_link');
        $children = $this->links()->where('parent.entity_id >= ?', $product);
        $plain = $this->plain()
            ->joinLeft(['own' => $table], 'own.product_id = product.entity_id', [])
            ->where('own.link_id IS NULL')->where('product.entity_id >= ?', $product);
        $empty = $connection->select()
            ->from(
                ['product' => $this->resource->getTableName('catalog_product_entity')],
                ['parent' => 'entity_id', 'child' => new Expression('0')]
            )
            ->joinLeft(['own' => $table], "own.parent_id = product.$link", [])
            ->where('own.link_id IS NULL')->where('product.type_id = ?', 'configurable')
            ->where('product.entity_id >= ?', $product);
        $union = $connection->select()->union([$children, $plain, $empty], Select::SQL_UNION_ALL);
        $select = $connection->select()->from(['place' => $union])
            ->where("place.parent > $product OR place.child > $variant")
            ->order(['place.parent', 'place.child'])->limit($limit);
        return array_map(static fn (array $row): array => [(int) $row['parent'], (int) $row['child']], $this->rows($select));
    }

    private function links(): Select
    {
        $link = $this->metadata->getMetadata(ProductInterface::class)->getLinkField();
        return $this->resource->getConnection()->select()
            ->from(['link' => $this->resource->getTableName('catalog_product_super_link')], [])
            ->join(
                ['parent' => $this->resource->getTableName('catalog_product_entity')],
                "parent.$link = link.parent_id",
                ['parent' => 'entity_id']
            )
            ->columns(['child' => 'link.product_id']);
    }

    private function plain(): Select
    {
        return $this->resource->getConnection()->select()
            ->from(
                ['product' => $this->resource->getTableName('catalog_product_entity')],
                ['parent' => 'entity_id', 'child' => new Expression('0')]
            )
            ->where('product.type_id IN (?)', self::SELLABLE);
    }

    /**
     * @return list<array<string, mixed>>
     */
    private function rows(Select $select): array
    {
        return $this->resource->getConnection()->fetchAll($select);
    }
}
