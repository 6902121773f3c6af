<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Offers;

/**
 * What is left of one SKU in one stock: sources minus threshold plus reservations.
 */
class Stock
{
    /** What stands for "as many as you like" where the shop does not count an item. */
    public const UNCOUNTED = 9999;

    public function __construct(
        public readonly float $left,
        public readonly bool $isManaged,
        public readonly bool $hasBackorders,
        public readonly bool $isInStock
    ) {
    }

    /**
     * Whether the shop itself would sell so many.
     */
    public function allows(float $quantity): bool
    {
        return !$this->isManaged || ($this->isInStock && ($this->hasBackorders || $this->left >= $quantity));
    }

    /**
     * Whole units that can be sold without backorder.
     */
    public function whole(): int
    {
        if (!$this->isManaged) {
            return self::UNCOUNTED;
        }
        return $this->isInStock ? max(0, (int) floor($this->left)) : 0;
    }
}
