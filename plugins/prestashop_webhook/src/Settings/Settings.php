<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Settings;

use Shopbridge\Crypto\Cipher;
use Shopbridge\Crypto\Keys;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What the merchant set, per shop: where events go, the secret that signs them, which families are on.
 */
final class Settings extends Switches
{
    /** Seconds for which calls signed with the former secret are still taken. */
    const ROTATION = 86400;

    const FORMER = 'SHOPBRIDGE_FORMER';
    const FORMER_AT = 'SHOPBRIDGE_FORMER_AT';
    const CRON_TOKEN = 'SHOPBRIDGE_CRON_TOKEN';
    const NAMES = [self::URL, self::SECRET, self::FORMER, self::FORMER_AT, self::OFF, self::CRON_TOKEN];

    /** @var Cipher */
    private $cipher;

    public function __construct(ConfigStore $store, Cipher $cipher)
    {
        parent::__construct($store);
        $this->cipher = $cipher;
    }

    /**
     * The address that events are posted to, without the secret; empty before the merchant saved one.
     */
    public function url(int $shop): string
    {
        return $this->store->get(self::URL, $shop);
    }

    /**
     * The secret in clear, for signing only; empty where there is none or the shop's own key has changed.
     */
    public function secret(int $shop): string
    {
        return $this->cipher->decrypt($this->store->get(self::SECRET, $shop));
    }

    /**
     * The keys that sign what goes to the hub, or null where this shop is not joined.
     */
    public function keys(int $shop): ?Keys
    {
        $secret = $this->secret($shop);

        return $secret === '' ? null : Keys::fromSecret($secret);
    }

    /**
     * Keys that a call of the hub may be signed with: the present ones and, for a day, the former.
     *
     * @return Keys[]
     */
    public function acceptedKeys(int $shop, int $now): array
    {
        $known = [];
        $keys = $this->keys($shop);
        if ($keys !== null) {
            $known[] = $keys;
        }
        $since = (int) $this->store->get(self::FORMER_AT, $shop);
        if ($known !== [] && $since > 0 && $now - $since < self::ROTATION) {
            $former = $this->cipher->decrypt($this->store->get(self::FORMER, $shop));
            if ($former !== '') {
                $known[] = Keys::fromSecret($former);
            }
        }

        return $known;
    }

    /**
     * Takes a Webhook URL for a shop, or for all shops (0). The secret is kept encrypted.
     */
    public function join(WebhookUrl $url, int $shop, int $now): void
    {
        $before = $this->secret($shop);
        // A new secret of the same connection; what another connection signs is not taken any more.
        if ($before !== '' && $before !== $url->secret && WebhookUrl::keyOf($this->url($shop)) === $url->key) {
            $this->store->set(self::FORMER, $this->cipher->encrypt($before), $shop);
            $this->store->set(self::FORMER_AT, (string) $now, $shop);
        } elseif ($before !== $url->secret) {
            $this->store->set(self::FORMER_AT, '', $shop);
        }
        $this->store->set(self::URL, $url->url, $shop);
        $this->store->set(self::SECRET, $this->cipher->encrypt($url->secret), $shop);
    }

    /**
     * Lets a shop follow the settings of all shops again; for all shops: forgets the hub.
     */
    public function leave(int $shop): void
    {
        foreach ([self::URL, self::SECRET, self::FORMER, self::FORMER_AT] as $name) {
            if ($shop === 0) {
                $this->store->set($name, '', 0);
            } else {
                $this->store->inherit($name, $shop);
            }
        }
    }

    /**
     * @param string[] $families
     */
    public function switchOff(array $families, int $shop): void
    {
        $this->store->set(self::OFF, implode(',', array_intersect(array_keys(self::FAMILIES), $families)), $shop);
    }

    /**
     * The shops that share each Webhook URL: `[key of the URL => shop numbers]`. One URL is one stream of events.
     *
     * @return array<string, int[]>
     */
    public function links(): array
    {
        $links = [];
        foreach ($this->store->shops() as $shop) {
            $key = $this->isJoined($shop) ? WebhookUrl::keyOf($this->url($shop)) : '';
            if ($key !== '') {
                $links[$key][] = $shop;
            }
        }

        return $links;
    }

    /**
     * The text that a call of the cron address has to bring; made at the first question.
     */
    public function cronToken(): string
    {
        $token = $this->cipher->decrypt($this->store->get(self::CRON_TOKEN, 0));
        if ($token === '') {
            $token = bin2hex(random_bytes(20));
            $this->store->set(self::CRON_TOKEN, $this->cipher->encrypt($token), 0);
        }

        return $token;
    }

    /**
     * Removes everything that was set, for all shops.
     */
    public function forget(): void
    {
        foreach (self::NAMES as $name) {
            $this->store->forget($name);
        }
    }
}
