<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Api;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Times as the contract writes them: RFC 3339, UTC.
 */
final class Moment
{
    /**
     * Unix seconds of `2026-11-20T12:00:00Z` or with an offset; null where the zone is missing or it is no time.
     *
     * @param mixed $text
     */
    public static function parse($text): ?int
    {
        if (!is_string($text) || preg_match('/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/D', $text) !== 1) {
            return null;
        }
        try {
            return (new \DateTimeImmutable($text))->getTimestamp();
        } catch (\Exception $broken) {
            return null;
        }
    }

    public static function text(int $seconds): string
    {
        return gmdate('Y-m-d\TH:i:s\Z', $seconds);
    }

    /**
     * For a DATETIME column of ours, which holds UTC.
     */
    public static function column(int $seconds): string
    {
        return gmdate('Y-m-d H:i:s', $seconds);
    }

    /**
     * Unix seconds of a DATETIME column of ours.
     */
    public static function ofColumn(string $utc): int
    {
        return (int) strtotime($utc . ' UTC');
    }
}
