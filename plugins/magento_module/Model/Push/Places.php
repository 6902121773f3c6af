<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Push;

use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Hub\Unreachable;
use Shopbridge\TikTokShop\Model\State;
use Shopbridge\TikTokShop\Model\TikTok\Shops;

/**
 * Where products can be pushed to: the TikTok shops that this Magento sells in and their warehouses for sales. While the
 * hub is away, as it told them last.
 */
class Places
{
    private const NAME = 'push_places';

    public function __construct(
        private readonly Client $client,
        private readonly Shops $shops,
        private readonly State $state
    ) {
    }

    /**
     * @return list<array<string, mixed>> shops as the hub's API describes them, each with its `warehouses`
     * @throws HubException where the hub does not answer and never told
     */
    public function all(): array
    {
        $kept = $this->state->get(self::NAME);
        try {
            $places = $this->ask();
        } catch (Unreachable $error) {
            return $kept === null ? throw $error : array_values((array) json_decode($kept, true));
        }
        $text = json_encode($places, JSON_THROW_ON_ERROR);
        if ($text !== $kept) {
            $this->state->set(self::NAME, $text);
        }
        return $places;
    }

    /**
     * @return list<array<string, mixed>>
     * @throws HubException
     */
    private function ask(): array
    {
        $places = [];
        foreach ($this->shops->load() as $shop) {
            if ($shop['chosen']) {
                $all = (array) ($this->client->get('warehouses', ['shop_id' => $shop['id']])['warehouses'] ?? []);
                $fitting = array_filter($all, static fn (array $one): bool => $one['enabled'] && $one['kind'] === 'sales');
                $places[] = $shop + ['warehouses' => array_values($fitting)];
            }
        }
        return $places;
    }
}
