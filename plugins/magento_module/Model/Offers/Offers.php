<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Offers;

use Shopbridge\TikTokShop\Model\Api\Answer;
use Shopbridge\TikTokShop\Model\Order\Refusal;

/**
 * Price now, salable quantity and status of up to 500 products; a configurable's id answers its variants.
 */
class Offers
{
    private const AT_ONCE = 500;

    public function __construct(
        private readonly Families $families,
        private readonly Facts $facts,
        private readonly Stores $stores
    ) {
    }

    /**
     * @throws Refusal
     */
    public function of(mixed $body): Answer
    {
        $ids = is_array($body) ? $body['ids'] ?? null : null;
        if (!is_array($ids) || !array_is_list($ids) || array_filter($ids, static fn ($one): bool => !is_string($one)) !== []) {
            throw Refusal::problem('malformed', 'ids', 'ids must be a list of texts');
        }
        if (count($ids) > self::AT_ONCE) {
            throw Refusal::problem('malformed', 'ids', 'at most ' . self::AT_ONCE . ' ids at once');
        }
        $store = $this->stores->named($body['store'] ?? null);
        $numbers = array_map('intval', array_filter($ids, 'ctype_digit'));
        $rows = $this->facts->of($this->families->sellable($numbers), $store);
        return new Answer(['rows' => array_map(
            static fn (array $row): array => array_diff_key($row, ['changed' => true]),
            $rows
        )]);
    }
}
