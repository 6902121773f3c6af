<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\App\ResourceConnection;
use Magento\InventoryApi\Api\GetSourceItemsBySkuInterface;
use Magento\InventoryApi\Api\GetSourcesAssignedToStockOrderedByPriorityInterface;
use Magento\InventorySalesApi\Api\Data\SalesChannelInterface;
use Magento\InventorySalesApi\Api\StockResolverInterface;
use Magento\Store\Model\StoreManagerInterface;

/**
 * Which of the shop's sources a parcel leaves from.
 */
class Sources
{
    public function __construct(
        private readonly GetSourcesAssignedToStockOrderedByPriorityInterface $sources,
        private readonly GetSourceItemsBySkuInterface $sourceItems,
        private readonly StockResolverInterface $stockResolver,
        private readonly StoreManagerInterface $storeManager,
        private readonly ResourceConnection $resource
    ) {
    }

    /**
     * The first source, by the merchant's priority, that has the whole parcel; else the one that has most of it.
     *
     * @param array<string, int> $quantities by SKU
     */
    public function forParcel(array $quantities, int $websiteId): string
    {
        $website = $this->storeManager->getWebsite($websiteId)->getCode();
        $stockId = (int) $this->stockResolver->execute(SalesChannelInterface::TYPE_WEBSITE, $website)->getStockId();
        $there = [];
        foreach ($quantities as $sku => $quantity) {
            foreach ($this->sourceItems->execute((string) $sku) as $item) {
                $has = min((float) $quantity, max(0.0, (float) $item->getQuantity()));
                $there[$item->getSourceCode()] = ($there[$item->getSourceCode()] ?? 0.0) + $has;
            }
        }
        $best = null;
        foreach ($this->sources->execute($stockId) as $source) {
            $code = $source->getSourceCode();
            $best ??= $code;
            if ($source->isEnabled() && ($there[$code] ?? 0.0) > ($there[$best] ?? 0.0)) {
                $best = $code;
            }
        }
        return $best ?? 'default';
    }

    /**
     * Keeps two parcels with the same goods from waiting for each other: all take the source's rows in one order.
     *
     * @param string[] $skus
     */
    public function lock(array $skus, string $sourceCode): void
    {
        $connection = $this->resource->getConnection();
        $select = $connection->select()
            ->from($this->resource->getTableName('inventory_source_item'), ['source_item_id'])
            ->where('source_code = ?', $sourceCode)->where('sku IN (?)', $skus)
            ->order('sku')->forUpdate(true);
        $connection->fetchCol($select);
    }
}
