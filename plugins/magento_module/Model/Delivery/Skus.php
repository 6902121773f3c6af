<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

use Magento\Framework\App\ResourceConnection;

/**
 * Some ways in speak of SKUs alone, and no shopper's request looks for what they are: that is done here, before anything
 * is sent. Rows are changed one by one by their own number, so that nobody waits for a lock.
 */
class Skus
{
    private const OUTBOX = 'shopbridge_outbox';
    private const AT_ONCE = 1000;

    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * Gives each row its product, within the transaction that is open. A product that is gone is told by its deletion.
     */
    public function resolve(): void
    {
        $connection = $this->resource->getConnection();
        $outbox = $this->resource->getTableName(self::OUTBOX);
        do {
            $skus = $connection->fetchPairs(
                $connection->select()->from($outbox, ['row_id', 'sku'])
                    ->where('subject_id = ?', '')->where('kind = ?', 'product')->order('row_id')->limit(self::AT_ONCE)
            );
            if ($skus === []) {
                return;
            }
            $ids = $this->ids(array_values(array_unique(array_map('strval', $skus))));
            foreach ($skus as $row => $sku) {
                $id = $ids[mb_strtolower((string) $sku)] ?? null;
                if ($id === null) {
                    $connection->delete($outbox, ['row_id = ?' => $row]);
                } else {
                    $connection->update($outbox, ['subject_id' => (string) $id], ['row_id = ?' => $row]);
                }
            }
        } while (count($skus) === self::AT_ONCE);
    }

    /**
     * @param list<string> $skus
     * @return array<string, int|string> by SKU in lower case, as the shop looks away from case
     */
    private function ids(array $skus): array
    {
        $connection = $this->resource->getConnection();
        $ids = [];
        foreach ($connection->fetchPairs(
            $connection->select()->from($this->resource->getTableName('catalog_product_entity'), ['entity_id', 'sku'])
                ->where('sku IN (?)', $skus)
        ) as $id => $sku) {
            $ids[mb_strtolower((string) $sku)] = $id;
        }
        return $ids;
    }
}
