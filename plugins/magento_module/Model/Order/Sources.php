<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\App\ResourceConnection;
use Magento\InventoryApi\Api\Data\SourceInterface;
use Magento\InventoryApi\Api\Data\SourceItemInterface;
use Magento\InventoryApi\Api\Data\SourceItemInterfaceFactory;
use Magento\InventoryApi\Api\GetSourceItemsBySkuInterface;
use Magento\InventoryApi\Api\GetSourcesAssignedToStockOrderedByPriorityInterface;
use Magento\InventoryApi\Api\SourceItemsSaveInterface;
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
        private readonly ResourceConnection $resource,
        private readonly SourceItemInterfaceFactory $sourceItemFactory,
        private readonly SourceItemsSaveInterface $saveSourceItems
    ) {
    }

    /**
     * The first source, by the merchant's priority, that has the whole parcel; else the one that has most of it.
     *
     * @param array<string, int> $quantities by SKU
     */
    public function forParcel(array $quantities, int $websiteId): string
    {
        $there = [];
        foreach ($quantities as $sku => $quantity) {
            foreach ($this->sourceItems->execute((string) $sku) as $item) {
                $has = min((float) $quantity, max(0.0, (float) $item->getQuantity()));
                $there[$item->getSourceCode()] = ($there[$item->getSourceCode()] ?? 0.0) + $has;
            }
        }
        $best = null;
        foreach ($this->ofWebsite($websiteId) as $source) {
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

    /**
     * Gives goods that are in no source of the website's stock a place there, with a quantity of nothing: the shop can't
     * reserve what has none, and a paid order must land.
     *
     * @param string[] $skus
     * @return string[] those that had none
     */
    public function assign(array $skus, int $websiteId): array
    {
        $codes = [];
        foreach ($this->ofWebsite($websiteId) as $source) {
            $codes[] = (string) $source->getSourceCode();
        }
        $new = [];
        foreach ($codes === [] ? [] : array_unique($skus) as $sku) {
            foreach ($this->sourceItems->execute($sku) as $item) {
                if (in_array($item->getSourceCode(), $codes, true)) {
                    continue 2;
                }
            }
            $item = $this->sourceItemFactory->create();
            $item->setSku($sku);
            $item->setSourceCode($codes[0]);
            $item->setQuantity(0.0);
            $item->setStatus(SourceItemInterface::STATUS_OUT_OF_STOCK);
            $new[$sku] = $item;
        }
        if ($new !== []) {
            $this->saveSourceItems->execute(array_values($new));
        }
        return array_map('strval', array_keys($new));
    }

    /**
     * @return SourceInterface[] by the merchant's priority
     */
    private function ofWebsite(int $websiteId): array
    {
        $website = $this->storeManager->getWebsite($websiteId)->getCode();
        $stockId = (int) $this->stockResolver->execute(SalesChannelInterface::TYPE_WEBSITE, $website)->getStockId();
        return $this->sources->execute($stockId);
    }
}
