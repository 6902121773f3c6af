<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Crypto;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Standard Webhooks 1.0: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.
 */
final class Signature
{
    /** Seconds by which a sender's clock may differ from ours. */
    const SKEW = 300;

    /**
     * @param string $seconds Unix time as it stands in the header
     */
    public static function of(string $key, string $id, string $seconds, string $body): string
    {
        return 'v1,' . base64_encode(hash_hmac('sha256', $id . '.' . $seconds . '.' . $body, $key, true));
    }

    /**
     * The three headers of a message.
     *
     * @return array<string, string>
     */
    public static function headers(string $key, string $id, int $now, string $body): array
    {
        return [
            'webhook-id' => $id,
            'webhook-timestamp' => (string) $now,
            'webhook-signature' => self::of($key, $id, (string) $now, $body),
        ];
    }

    /**
     * Whether one of the signatures in these headers is right. It says nothing about the message's age.
     *
     * @param array<string, string> $headers by lower-case name
     */
    public static function isSignedBy(string $key, array $headers, string $body): bool
    {
        $id = $headers['webhook-id'] ?? '';
        if ($id === '') {
            return false;
        }
        $expected = self::of($key, $id, $headers['webhook-timestamp'] ?? '', $body);
        foreach (preg_split('/\s+/', trim($headers['webhook-signature'] ?? '')) ?: [] as $given) {
            if (hash_equals($expected, $given)) {
                return true;
            }
        }

        return false;
    }

    /**
     * Whether the message's time is within five minutes of ours.
     *
     * @param array<string, string> $headers by lower-case name
     */
    public static function isFresh(array $headers, int $now): bool
    {
        $given = $headers['webhook-timestamp'] ?? '';

        return ctype_digit($given) && strlen($given) < 12 && abs($now - (int) $given) <= self::SKEW;
    }
}
