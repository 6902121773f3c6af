<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

use InvalidArgumentException;

/**
 * Signatures between this shop and the hub (plugin contract, section 1): four keys of one secret, one per direction,
 * so that no message can be sent back to where it came from. Standard Webhooks 1.0 signs "id.timestamp.body".
 */
class Signature
{
    private const PREFIX = 'whsec_';
    private const SECRET_BYTES = 32;
    private const LABELS = [
        'k2' => 'shopbridge hub to plugin v1',
        'k3' => 'shopbridge plugin answer v1',
        'k4' => 'shopbridge hub answer v1',
    ];

    /**
     * All four keys, raw bytes: "whsec_…" is decoded from base64, an App Secret is taken letter by letter.
     *
     * @return array{k1: string, k2: string, k3: string, k4: string}
     */
    public function keys(string $secret): array
    {
        $first = $secret;
        if (str_starts_with($secret, self::PREFIX)) {
            $first = base64_decode(substr($secret, strlen(self::PREFIX)), true);
            if ($first === false || strlen($first) !== self::SECRET_BYTES) {
                throw new InvalidArgumentException('The secret is not 32 bytes in base64.');
            }
        }
        $derived = array_map(static fn (string $label): string => hash_hmac('sha256', $label, $first, true), self::LABELS);
        return ['k1' => $first] + $derived;
    }

    /**
     * The value of the webhook-signature header.
     */
    public function sign(string $key, string $id, string $seconds, string $body): string
    {
        return 'v1,' . base64_encode(hash_hmac('sha256', $id . '.' . $seconds . '.' . $body, $key, true));
    }

    /**
     * The three headers of a message that leaves now.
     *
     * @return array<string, string>
     */
    public function headers(string $key, string $id, int $seconds, string $body): array
    {
        return [
            'webhook-id' => $id,
            'webhook-timestamp' => (string) $seconds,
            'webhook-signature' => $this->sign($key, $id, (string) $seconds, $body),
        ];
    }

    /**
     * Whether one of the signatures in these lower-case headers is this key's. Says nothing about the age.
     *
     * @param array<string, string> $headers
     */
    public function isSigned(string $key, array $headers, string $body): bool
    {
        $expected = $this->sign($key, $headers['webhook-id'] ?? '', $headers['webhook-timestamp'] ?? '', $body);
        foreach (explode(' ', $headers['webhook-signature'] ?? '') as $given) {
            if (hash_equals($expected, $given)) {
                return true;
            }
        }
        return false;
    }
}
