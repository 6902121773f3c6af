<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * A fingerprint of what was asked for, to tell a repeat from another request under the same key.
 */
class Content
{
    /** What may differ between two tries of one order without making it another order. */
    private const VOLATILE = ['state', 'note', 'hold_until', 'ship_by', 'paid_at', 'shipping_type'];

    /**
     * @param array<mixed> $body
     */
    public static function hash(array $body): string
    {
        return hash('sha256', (string) json_encode(self::sorted(array_diff_key($body, array_flip(self::VOLATILE)))));
    }

    private static function sorted(mixed $value): mixed
    {
        if (!is_array($value)) {
            return $value;
        }
        if (!array_is_list($value)) {
            ksort($value, SORT_STRING);
        }
        return array_map([self::class, 'sorted'], $value);
    }
}
