<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Grid;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Select;
use Shopbridge\TikTokShop\Model\Listing\Listings;

/**
 * What the hub told of products, as the product grid needs it: one row a product, whatever SKUs were told.
 */
class ProductRows
{
    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * @param list<int> $productIds
     * @return array<int, array{tiktok_product_id: string, status: string}> by product
     */
    public function of(array $productIds): array
    {
        if ($productIds === []) {
            return [];
        }
        $found = [];
        foreach ($this->resource->getConnection()->fetchAll($this->select()->where('product_id IN (?)', $productIds)) as $row) {
            $found[(int) $row['product_id']] = ['tiktok_product_id' => (string) $row['tiktok_product_id'], 'status' => (string) $row['status']];
        }
        return $found;
    }

    /**
     * All of one product, newest first, with its problems.
     *
     * @return list<array<string, mixed>>
     */
    public function detailed(int $productId): array
    {
        $connection = $this->resource->getConnection();
        return $connection->fetchAll(
            $connection->select()->from($this->table())->where('product_id = ?', $productId)->order('updated_at DESC')
        );
    }

    /**
     * One row for each product that the hub told of.
     */
    public function select(): Select
    {
        return $this->resource->getConnection()->select()
            ->from($this->table(), [
                'product_id',
                'tiktok_product_id' => new \Zend_Db_Expr('MAX(tiktok_product_id)'),
                'status' => new \Zend_Db_Expr('MAX(status)'),
            ])
            ->group('product_id');
    }

    /**
     * The ids of products of which a row fits; for a condition of the grid.
     */
    public function ids(string $where, mixed $value = null): Select
    {
        $select = $this->resource->getConnection()->select()->from($this->table(), 'product_id');
        return $value === null ? $select->where($where) : $select->where($where, $value);
    }

    private function table(): string
    {
        return $this->resource->getTableName(Listings::TABLE);
    }
}
