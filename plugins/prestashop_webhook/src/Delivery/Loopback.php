<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Delivery;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Calls an address of this shop without waiting for its answer.
 */
final class Loopback
{
    /** Seconds for connecting; on the same machine it takes under one hundredth. */
    const PATIENCE = 0.3;

    /**
     * Whether the request went out. What comes of it, nobody waits for.
     */
    public static function call(string $url): bool
    {
        $parts = parse_url($url);
        if (!is_array($parts) || empty($parts['host'])) {
            return false;
        }
        $secure = strtolower($parts['scheme'] ?? '') === 'https';
        $port = $parts['port'] ?? ($secure ? 443 : 80);
        $context = stream_context_create(['ssl' => ['peer_name' => $parts['host'], 'SNI_enabled' => true]]);
        $stream = @stream_socket_client(($secure ? 'ssl' : 'tcp') . '://' . $parts['host'] . ':' . $port, $code, $message, self::PATIENCE, STREAM_CLIENT_CONNECT, $context);
        if ($stream === false) {
            return false;
        }
        stream_set_timeout($stream, 0, 300000);
        $path = ($parts['path'] ?? '/') . (isset($parts['query']) ? '?' . $parts['query'] : '');
        $host = $parts['host'] . (isset($parts['port']) ? ':' . $parts['port'] : '');
        $sent = fwrite($stream, "GET $path HTTP/1.1\r\nHost: $host\r\nUser-Agent: Shopbridge-cron\r\nConnection: close\r\n\r\n");
        fclose($stream);

        return $sent !== false && $sent > 0;
    }
}
