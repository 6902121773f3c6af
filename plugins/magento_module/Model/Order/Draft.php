<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * An order as the hub asks for it, checked. Amounts are minor units of its currency; sums are made from the parts.
 */
class Draft
{
    /**
     * @param DraftLine[] $lines
     * @param DraftFee[] $fees
     * @param array<string, mixed> $body the whole request, for what needs no rule (names, addresses)
     */
    public function __construct(
        public readonly string $key,
        public readonly string $store,
        public readonly string $currency,
        public readonly bool $pricesIncludeTax,
        public readonly string $taxRemittedBy,
        public readonly string $state,
        public readonly bool $isOnHold,
        public readonly bool $allowBackorder,
        public readonly array $lines,
        public readonly DraftShipping $shipping,
        public readonly array $fees,
        public readonly array $body
    ) {
    }

    /**
     * Sum of the lines after their discounts.
     */
    public function goods(): int
    {
        return array_sum(array_map(static fn (DraftLine $line): int => $line->net(), $this->lines));
    }

    /**
     * Sum of the fees.
     */
    public function fees(): int
    {
        return array_sum(array_map(static fn (DraftFee $fee): int => $fee->amount, $this->fees));
    }

    /**
     * Sum of the tax of the fees.
     */
    public function feeTax(): int
    {
        return array_sum(array_map(static fn (DraftFee $fee): int => $fee->tax, $this->fees));
    }

    /**
     * Sum of all tax: lines, shipping, fees.
     */
    public function tax(): int
    {
        $ofLines = array_sum(array_map(static fn (DraftLine $line): int => $line->tax, $this->lines));
        return $ofLines + $this->shipping->tax + $this->feeTax();
    }

    /**
     * What the buyer paid.
     */
    public function grand(): int
    {
        return $this->goods() + $this->shipping->net() + $this->fees() + ($this->pricesIncludeTax ? 0 : $this->tax());
    }
}
