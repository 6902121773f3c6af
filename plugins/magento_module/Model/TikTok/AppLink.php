<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\TikTok;

/**
 * Takes an app's authorization link apart: where sellers authorize, and the service it names.
 */
class AppLink
{
    /**
     * @return array{host: string, service_id: string} '' for what it does not hold
     */
    public function read(string $link): array
    {
        $parts = parse_url(trim($link));
        if (!is_array($parts) || ($parts['host'] ?? '') === '') {
            return ['host' => '', 'service_id' => ''];
        }
        parse_str((string) ($parts['query'] ?? ''), $query);
        $service = $query['service_id'] ?? '';
        $port = isset($parts['port']) ? ':' . $parts['port'] : '';
        return [
            'host' => strtolower((string) ($parts['scheme'] ?? 'https')) . '://' . strtolower($parts['host']) . $port,
            'service_id' => is_string($service) ? $service : '',
        ];
    }
}
