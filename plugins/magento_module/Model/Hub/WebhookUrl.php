<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Magento\Framework\Exception\LocalizedException;
use Shopbridge\TikTokShop\Model\Signature;

/**
 * What a merchant pastes from the hub: its webhook URL with the secret behind "#", or the hub's bare address.
 */
class WebhookUrl
{
    private const HOOK = '#^(?<before>.*)/hooks/(?<platform>[a-z]+)/(?<key>[A-Za-z0-9_-]{22})$#D';
    private const SUFFIX = '/hooks/magento';

    public function __construct(private readonly Signature $signature)
    {
    }

    /**
     * The address without its secret, and the secret ('' where none was pasted).
     *
     * @return array{url: string, secret: string}
     * @throws LocalizedException in the merchant's words
     */
    public function read(string $pasted): array
    {
        [$url, $secret] = explode('#', trim($pasted), 2) + [1 => ''];
        $parts = parse_url($url);
        $scheme = strtolower((string) ($parts['scheme'] ?? ''));
        if (!in_array($scheme, ['http', 'https'], true) || ($parts['host'] ?? '') === '' || isset($parts['query'])
            || isset($parts['user'])) {
            throw new LocalizedException(__('This is not the address that the hub shows. Copy the whole Web Hook URL.'));
        }
        $path = rtrim((string) ($parts['path'] ?? ''), '/');
        if (preg_match(self::HOOK, $path, $found)) {
            if ($found['platform'] !== 'magento') {
                throw new LocalizedException(__('This Web Hook URL is for another store system. Copy the one of the Magento connection.'));
            }
        } elseif (str_contains($path, '/hooks/')) {
            throw new LocalizedException(__('This Web Hook URL is not complete. Copy it again from the hub.'));
        }
        if ($secret !== '' && !$this->isSecret($secret)) {
            throw new LocalizedException(__('The secret behind # is not complete. Copy the whole Web Hook URL again.'));
        }
        return ['url' => rtrim($url, '/'), 'secret' => $secret];
    }

    /**
     * Whether this address names a connection by itself; else it is the hub's bare address.
     */
    public function namesConnection(string $url): bool
    {
        return preg_match(self::HOOK, (string) parse_url($url, PHP_URL_PATH)) === 1;
    }

    /**
     * Where messages go when the hub's bare address was given (the way of App Key and App Secret).
     */
    public function ofBareAddress(string $url): string
    {
        return rtrim($url, '/') . self::SUFFIX;
    }

    private function isSecret(string $secret): bool
    {
        try {
            return str_starts_with($secret, 'whsec_') && $this->signature->keys($secret) !== [];
        } catch (\InvalidArgumentException) {
            return false;
        }
    }
}
