<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Order;

use Magento\InventoryApi\Api\GetSourceItemsBySkuInterface;
use Magento\InventorySourceDeductionApi\Model\ItemToDeductInterfaceFactory;
use Magento\InventorySourceDeductionApi\Model\SourceDeductionRequestInterface;
use Magento\InventorySourceDeductionApi\Model\SourceDeductionRequestInterfaceFactory;
use Magento\InventorySourceDeductionApi\Model\SourceDeductionServiceInterface;
use Shopbridge\TikTokShop\Model\Order\Oversell;

/**
 * Goods that have left can't be refused: while the hub tells of a parcel, a source gives what it has and ends at zero.
 */
class ShipOversold
{
    public function __construct(
        private readonly Oversell $oversell,
        private readonly GetSourceItemsBySkuInterface $sourceItems,
        private readonly ItemToDeductInterfaceFactory $itemFactory,
        private readonly SourceDeductionRequestInterfaceFactory $requestFactory
    ) {
    }

    /**
     * @return array{SourceDeductionRequestInterface}
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function beforeExecute(SourceDeductionServiceInterface $subject, SourceDeductionRequestInterface $request): array
    {
        if (!$this->oversell->isAllowed()) {
            return [$request];
        }
        $items = [];
        foreach ($request->getItems() as $item) {
            $there = $this->there($item->getSku(), $request->getSourceCode());
            if ($there !== null) {
                $quantity = min($item->getQty(), max($there, 0.0));
                $items[] = $this->itemFactory->create(['sku' => $item->getSku(), 'qty' => $quantity]);
            }
        }
        return [$this->requestFactory->create([
            'sourceCode' => $request->getSourceCode(),
            'items' => $items,
            'salesChannel' => $request->getSalesChannel(),
            'salesEvent' => $request->getSalesEvent(),
        ])];
    }

    private function there(string $sku, string $sourceCode): ?float
    {
        foreach ($this->sourceItems->execute($sku) as $item) {
            if ($item->getSourceCode() === $sourceCode) {
                return (float) $item->getQuantity();
            }
        }
        return null;
    }
}
