<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\TikTok;

use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\State;

/**
 * The seller's TikTok shops: asked of the hub when the merchant wants the list, kept for pages that only show it.
 */
class Shops
{
    private const NAME = 'shops';

    public function __construct(
        private readonly Client $client,
        private readonly State $state
    ) {
    }

    /**
     * The list as the hub has it now.
     *
     * @return list<array{id: string, name: string, region: string, currency: string, chosen: bool, store: string, warehouse_id: string}>
     * @throws HubException
     */
    public function load(): array
    {
        $shops = array_values((array) ($this->client->get('shops')['shops'] ?? []));
        $this->state->set(self::NAME, json_encode($shops, JSON_THROW_ON_ERROR));
        return $shops;
    }

    /**
     * The list as it was loaded last; asks nobody.
     *
     * @return list<array<string, mixed>>
     */
    public function known(): array
    {
        $text = $this->state->get(self::NAME);
        return $text === null ? [] : array_values((array) json_decode($text, true));
    }

    /**
     * Sells in this shop from now on, from this store view.
     *
     * @return array<string, mixed> the shop as it is now
     * @throws HubException
     */
    public function choose(string $shopId, string $store): array
    {
        $shop = $this->client->put('connection/shop', ['shop_id' => $shopId, 'store' => $store]);
        $this->load();
        return $shop;
    }
}
