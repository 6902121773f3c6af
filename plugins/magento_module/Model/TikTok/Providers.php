<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\TikTok;

use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\State;

/**
 * Who may carry the parcels of a TikTok shop, by the names that TikTok Shop knows. Asked once a day; the last list stays
 * good while the hub is away.
 */
class Providers
{
    private const NAME = 'providers:';
    private const LASTS_S = 86400;

    public function __construct(
        private readonly Client $client,
        private readonly State $state,
        private readonly Clock $clock
    ) {
    }

    /**
     * @return list<string>
     * @throws HubException where nothing was ever read and the hub does not answer
     */
    public function names(string $shopId): array
    {
        $text = $this->state->get(self::NAME . $shopId);
        $kept = $text === null ? null : (array) json_decode($text, true);
        if ($kept !== null && $this->clock->now() - (int) $kept['at'] < self::LASTS_S) {
            return $kept['names'];
        }
        try {
            $answer = $this->client->get('shipping-providers', ['shop_id' => $shopId]);
        } catch (HubException $error) {
            if ($kept !== null) {
                return $kept['names'];
            }
            throw $error;
        }
        $names = array_values(array_filter(array_map(static fn (array $one): string => (string) $one['name'], (array) $answer['providers'])));
        sort($names, SORT_NATURAL | SORT_FLAG_CASE);
        $this->state->set(self::NAME . $shopId, json_encode(['at' => $this->clock->now(), 'names' => $names], JSON_THROW_ON_ERROR));
        return $names;
    }
}
