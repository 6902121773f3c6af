<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Magento\Framework\App\ResourceConnection;
use Magento\InventoryApi\Api\Data\SourceItemInterface;
use Magento\InventoryApi\Api\SourceItemsSaveInterface;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * Source items fire no event, and each product save writes them anew: only those that differ from what is stored count.
 */
class RecordSourceItems
{
    public function __construct(
        private readonly Recorder $recorder,
        private readonly ResourceConnection $resource
    ) {
    }

    /**
     * @param SourceItemInterface[] $sourceItems
     */
    public function aroundExecute(SourceItemsSaveInterface $subject, callable $proceed, array $sourceItems): mixed
    {
        $skus = [];
        $this->recorder->guard(function () use ($sourceItems, &$skus): void {
            $skus = $this->changed($sourceItems);
        });
        $result = $proceed($sourceItems);
        if ($skus !== []) {
            $this->recorder->recordSkus('stock.changed', $skus);
        }
        return $result;
    }

    /**
     * @param SourceItemInterface[] $items
     * @return string[] SKUs of those that are not stored like this already
     */
    private function changed(array $items): array
    {
        $connection = $this->resource->getConnection();
        $stored = [];
        $skus = array_map(static fn (SourceItemInterface $item): string => (string) $item->getSku(), $items);
        foreach (array_chunk(array_unique($skus), 1000) as $some) {
            $select = $connection->select()
                ->from($this->resource->getTableName('inventory_source_item'), ['sku', 'source_code', 'quantity', 'status'])
                ->where('sku IN (?)', $some);
            foreach ($connection->fetchAll($select) as $row) {
                $stored[$row['sku']][$row['source_code']] = [(float) $row['quantity'], (int) $row['status']];
            }
        }
        return array_values(array_unique(array_map(
            static fn (SourceItemInterface $item): string => (string) $item->getSku(),
            array_filter($items, static fn (SourceItemInterface $item): bool =>
                ($stored[$item->getSku()][$item->getSourceCode()] ?? null)
                    !== [(float) $item->getQuantity(), (int) $item->getStatus()])
        )));
    }
}
