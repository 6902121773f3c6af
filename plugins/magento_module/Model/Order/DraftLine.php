<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * Some units of one SKU with the money of all of them together, in minor units.
 */
class DraftLine
{
    /**
     * @param string[] $lineIds TikTok's line ids, one per unit
     */
    public function __construct(
        public readonly array $lineIds,
        public readonly string $productId,
        public readonly string $variantId,
        public readonly string $sku,
        public readonly string $title,
        public readonly int $quantity,
        public readonly int $gross,
        public readonly int $sellerDiscount,
        public readonly int $platformDiscount,
        public readonly int $tax,
        public readonly bool $isVirtual
    ) {
    }

    /**
     * What the line comes to after both discounts.
     */
    public function net(): int
    {
        return $this->gross - $this->sellerDiscount - $this->platformDiscount;
    }
}
