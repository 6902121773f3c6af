<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

/**
 * Where messages to the hub go and what signs them. The address never holds the secret.
 */
class Endpoint
{
    public function __construct(
        public readonly string $url,
        public readonly string $secret,
        public readonly string $appKey = ''
    ) {
    }

    /**
     * Names this pairing without giving anything away: another address or secret is another pairing.
     */
    public function fingerprint(): string
    {
        return hash('sha256', $this->url . "\n" . $this->appKey . "\n" . hash('sha256', $this->secret));
    }
}
