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

use Shopbridge\Crypto\Keys;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What the merchant pastes: `{hub}/hooks/prestashop/{key}#whsec_{secret}`. The fragment is the secret and is cut off at once.
 */
final class WebhookUrl
{
    /** @var string the address without its fragment */
    public $url;
    /** @var string 22 characters that name the connection in the hub */
    public $key;
    /** @var string `whsec_…` */
    public $secret;

    private function __construct(string $url, string $key, string $secret)
    {
        $this->url = $url;
        $this->key = $key;
        $this->secret = $secret;
    }

    /**
     * @throws NotAWebhookUrl whose code says what is wrong with it
     */
    public static function parse(string $text): self
    {
        $text = trim($text);
        $parts = preg_match('/[\x00-\x20\x7f"<>\\\\^`{|}]/', $text) === 1 ? false : parse_url($text);
        if (!is_array($parts) || empty($parts['host']) || isset($parts['query']) || isset($parts['user']) || isset($parts['pass'])
            || !in_array(strtolower($parts['scheme'] ?? ''), ['http', 'https'], true)
            || preg_match('#^(.*)/hooks/([a-z]+)/([A-Za-z0-9_-]{22})$#D', $parts['path'] ?? '', $found) !== 1) {
            throw new NotAWebhookUrl(NotAWebhookUrl::SHAPE);
        }
        if ($found[2] !== 'prestashop') {
            throw new NotAWebhookUrl(NotAWebhookUrl::PLATFORM);
        }
        $secret = $parts['fragment'] ?? '';
        if (strncmp($secret, 'whsec_', 6) !== 0) {
            throw new NotAWebhookUrl(NotAWebhookUrl::SECRET);
        }
        try {
            Keys::fromSecret($secret);
        } catch (\InvalidArgumentException $broken) {
            throw new NotAWebhookUrl(NotAWebhookUrl::SECRET);
        }

        return new self(substr($text, 0, (int) strpos($text, '#')), $found[3], $secret);
    }

    /**
     * The connection's key in an address without fragment; empty where it is none.
     */
    public static function keyOf(string $url): string
    {
        return preg_match('#/hooks/prestashop/([A-Za-z0-9_-]{22})$#D', $url, $found) === 1 ? $found[1] : '';
    }
}
