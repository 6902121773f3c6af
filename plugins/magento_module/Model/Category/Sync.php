<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Category;

use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\State;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * Brings the hub's category mappings up to the merchant's choices: only what differs from what it took last is sent, so
 * that a choice made while the hub was away is made good by the next run.
 */
class Sync
{
    private const A_CALL = 500;
    private const SHOP = 'category_mappings_of';

    public function __construct(
        private readonly Choices $choices,
        private readonly Sent $sent,
        private readonly Client $client,
        private readonly State $state,
        private readonly Settings $settings
    ) {
    }

    /**
     * What the hub does not have yet.
     *
     * @param array<int, string> $wanted
     * @param array<int, string> $has
     * @return array<int, string> TikTok category by category id, '' where it has none any more
     */
    public static function difference(array $wanted, array $has): array
    {
        $changed = array_filter($wanted, static fn (string $one, int $id): bool => ($has[$id] ?? '') !== $one, ARRAY_FILTER_USE_BOTH);
        return $changed + array_fill_keys(array_keys(array_diff_key($has, $wanted)), '');
    }

    /**
     * @return array{changed: int, refused: list<string>} `refused`: sentences for the merchant
     * @throws HubException
     */
    public function run(): array
    {
        if ((string) $this->state->get(self::SHOP) !== $this->settings->shopId()) {
            $this->sent->forget();
            $this->state->set(self::SHOP, $this->settings->shopId());
        }
        $changes = self::difference($this->choices->all(), $this->sent->mappings());
        $refused = [];
        foreach (array_chunk($changes, self::A_CALL, true) as $some) {
            $answer = $this->client->put('category-mappings/many', [
                'shop_id' => $this->settings->shopId(),
                'mappings' => array_map(
                    static fn (int $id, string $category): array => ['store_category_id' => (string) $id, 'category_id' => $category],
                    array_keys($some),
                    $some
                ),
            ]);
            $this->sent->keep($some);
            $this->sent->name(array_column((array) ($answer['mappings'] ?? []), 'category_path', 'category_id'));
            foreach ((array) ($answer['refused'] ?? []) as $one) {
                $refused[] = (string) ($one['says'] ?? '');
            }
        }
        return ['changed' => count($changes), 'refused' => array_values(array_unique($refused))];
    }
}
