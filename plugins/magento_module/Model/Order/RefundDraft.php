<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * A refund as TikTok Shop made it: parts by line id, in minor units, that sum to its total.
 */
class RefundDraft
{
    /**
     * @param list<array{line_id: string, amount: int, tax: int, fees: int}> $lines
     * @param bool $isTaxInside whether the amounts contain their tax already
     */
    public function __construct(
        public readonly string $refundKey,
        public readonly array $lines,
        public readonly int $shipping,
        public readonly int $shippingTax,
        public readonly int $adjustment,
        public readonly int $total,
        public readonly bool $restock,
        public readonly bool $isTaxInside,
        public readonly string $reason
    ) {
    }

    /**
     * Sum of the parts of fees.
     */
    public function fees(): int
    {
        return array_sum(array_column($this->lines, 'fees'));
    }
}
