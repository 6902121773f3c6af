<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * Any other charge of TikTok Shop, in minor units; may be negative.
 */
class DraftFee
{
    public function __construct(
        public readonly string $code,
        public readonly string $title,
        public readonly int $amount,
        public readonly int $tax
    ) {
    }
}
