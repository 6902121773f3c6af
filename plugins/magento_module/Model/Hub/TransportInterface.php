<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

/**
 * Carries one request to the hub. A failure on the way is an answer with status 0, never an exception.
 */
interface TransportInterface
{
    /**
     * @param array<string, string> $headers
     * @param float $within seconds, from connecting to the answer's end
     */
    public function send(
        string $method,
        string $url,
        array $headers,
        string $body = '',
        float $within = Patience::CALL_S
    ): HttpAnswer;
}
