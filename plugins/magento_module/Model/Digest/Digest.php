<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Digest;

use Shopbridge\TikTokShop\Model\Api\Answer;
use Shopbridge\TikTokShop\Model\Offers\Facts;
use Shopbridge\TikTokShop\Model\Offers\Families;
use Shopbridge\TikTokShop\Model\Offers\Stores;
use Shopbridge\TikTokShop\Model\Order\Refusal;

/**
 * One opaque hash per sellable SKU, in id order: what the hub compares to find what it missed.
 */
class Digest
{
    private const AT_ONCE = 5000;

    public function __construct(
        private readonly Families $families,
        private readonly Facts $facts,
        private readonly Stores $stores
    ) {
    }

    /**
     * @throws Refusal
     */
    public function page(string $storeCode, string $cursor, string $limit): Answer
    {
        $store = $this->stores->named($storeCode);
        $size = $limit === '' ? self::AT_ONCE : (ctype_digit($limit) ? min((int) $limit, self::AT_ONCE) : 0);
        if ($size < 1) {
            throw Refusal::problem('malformed', 'limit', 'limit is a number from 1');
        }
        if ($cursor !== '' && preg_match('/\A\d{1,10}\.\d{1,10}\z/', $cursor) !== 1) {
            throw Refusal::problem('malformed', 'cursor', 'cursor is the one answered before');
        }
        [$product, $variant] = array_map('intval', explode('.', $cursor === '' ? '0.0' : $cursor));
        $places = $this->families->after($product, $variant, $size + 1);
        $page = array_slice($places, 0, $size);
        $last = end($page);
        return new Answer([
            'rows' => array_map(
                fn (array $row): array => [$row['product_id'], $row['variant_id'], $row['sku'], $this->hash($row)],
                $this->facts->of($page, $store)
            ),
            'next' => count($places) > $size && $last !== false ? "$last[0].$last[1]" : null,
        ]);
    }

    /**
     * @param array<string, mixed> $row
     */
    private function hash(array $row): string
    {
        return substr(hash('sha256', (string) json_encode(array_values($row))), 0, 20);
    }
}
