<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Order;

use Magento\InventorySalesApi\Api\AreProductsSalableForRequestedQtyInterface;
use Magento\InventorySalesApi\Api\Data\IsProductSalableForRequestedQtyRequestInterface;
use Magento\InventorySalesApi\Api\Data\IsProductSalableForRequestedQtyResultInterface;
use Magento\InventorySalesApi\Api\Data\IsProductSalableForRequestedQtyResultInterfaceFactory;
use Shopbridge\TikTokShop\Model\Order\Oversell;

/**
 * A paid order must land: while the hub places one, more may be sold than there is.
 */
class AllowOversell
{
    public function __construct(
        private readonly Oversell $oversell,
        private readonly IsProductSalableForRequestedQtyResultInterfaceFactory $resultFactory
    ) {
    }

    /**
     * @param callable $proceed
     * @param IsProductSalableForRequestedQtyRequestInterface[] $skuRequests
     * @return IsProductSalableForRequestedQtyResultInterface[]
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function aroundExecute(
        AreProductsSalableForRequestedQtyInterface $subject,
        callable $proceed,
        array $skuRequests,
        int $stockId
    ): array {
        if (!$this->oversell->isAllowed()) {
            return $proceed($skuRequests, $stockId);
        }
        return array_map(
            fn (IsProductSalableForRequestedQtyRequestInterface $request) => $this->resultFactory->create([
                'sku' => $request->getSku(), 'stockId' => $stockId, 'isSalable' => true, 'errors' => [],
            ]),
            $skuRequests
        );
    }
}
