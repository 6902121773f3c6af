<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * What TikTok Shop took for shipping, with its three discounts, in minor units.
 */
class DraftShipping
{
    public function __construct(
        public readonly string $title,
        public readonly string $code,
        public readonly int $gross,
        public readonly int $sellerDiscount,
        public readonly int $platformDiscount,
        public readonly int $cofundedDiscount,
        public readonly int $tax
    ) {
    }

    /**
     * All three discounts together.
     */
    public function discounts(): int
    {
        return $this->sellerDiscount + $this->platformDiscount + $this->cofundedDiscount;
    }

    /**
     * What shipping comes to after its discounts.
     */
    public function net(): int
    {
        return $this->gross - $this->discounts();
    }
}
