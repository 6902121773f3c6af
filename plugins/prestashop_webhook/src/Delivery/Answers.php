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

use Shopbridge\Outbox\Batch;
use Shopbridge\Outbox\Link;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The table of the plugin contract, section 2: what each answer of the hub means.
 */
final class Answers
{
    /** Seconds that the whole queue waits: 1 to 15 minutes. */
    const QUEUE_STEPS = [60, 120, 240, 480, 900];
    /** Seconds that a single refused event waits: 1 minute to 6 hours. */
    const EVENT_STEPS = [60, 300, 1800, 7200, 21600];
    /** Seconds after which a single refused event is given up: three days. */
    const GIVE_UP = 259200;
    /** Longest wait that a hub may ask for, in seconds: a day. */
    const LONGEST = 86400;

    public static function verdict(Reply $reply, Batch $batch, Link $link, int $now): Verdict
    {
        $body = $reply->json();
        switch ($reply->status) {
            case 202:
                if (!isset($body['accepted'])) {
                    // Something between us and the hub answered in its place.
                    return self::backOff($link, Link::STATUS, '202');
                }

                return new Verdict(Verdict::DONE, 0, '', '', self::refused($body));
            case 410:
                return new Verdict(Verdict::STOP, 0, Link::REMOVED);
            case 413:
            case 415:
            case 422:
                return self::unreadable($batch, $body, $reply->status, $now);
            case 401:
                $isClock = ($body['code'] ?? '') === 'clock';

                return self::backOff($link, $isClock ? Link::CLOCK : Link::SIGNATURE, $isClock ? (string) self::moment($body['server_time'] ?? '') : '');
            case 404:
                return self::backOff($link, Link::UNKNOWN, '');
            case 429:
            case 503:
                $wait = self::retryAfter($reply->headers['retry-after'] ?? '', $now);

                return $wait > 0 ? new Verdict(Verdict::OBEY, $wait, Link::BUSY) : self::backOff($link, Link::STATUS, (string) $reply->status);
            case 0:
                return self::backOff($link, Link::SILENT, $reply->error);
            default:
                return self::backOff($link, Link::STATUS, (string) $reply->status);
        }
    }

    /**
     * The next step of the queue's one back-off.
     */
    public static function backOff(Link $link, string $notice, string $says): Verdict
    {
        return new Verdict(Verdict::BACK_OFF, self::QUEUE_STEPS[min($link->steps, count(self::QUEUE_STEPS) - 1)], $notice, $says);
    }

    /**
     * The Unix time of a number or an RFC 3339 text; 0 where it is neither.
     *
     * @param mixed $given
     */
    public static function moment($given): int
    {
        if (is_int($given) || (is_string($given) && ctype_digit($given))) {
            return (int) $given;
        }

        return is_string($given) ? (int) strtotime($given) : 0;
    }

    /**
     * @param array<string, mixed> $body
     */
    private static function unreadable(Batch $batch, array $body, int $status, int $now): Verdict
    {
        if ($batch->events > 1) {
            return new Verdict(Verdict::HALVE);
        }
        $says = (string) ($body['says'] ?? $body['detail'] ?? $body['code'] ?? $status);
        if ($batch->firstTryAt > 0 && $now - $batch->firstTryAt >= self::GIVE_UP) {
            return new Verdict(Verdict::DEAD, 0, '', $says);
        }

        return new Verdict(Verdict::LATER, self::EVENT_STEPS[min(max($batch->tries, 1), count(self::EVENT_STEPS)) - 1], '', $says);
    }

    /**
     * @param array<string, mixed> $body
     *
     * @return array<string, string>
     */
    private static function refused(array $body): array
    {
        $refused = [];
        foreach (is_array($body['refused'] ?? null) ? $body['refused'] : [] as $one) {
            if (is_array($one) && isset($one['id'])) {
                $refused[(string) $one['id']] = (string) ($one['says'] ?? '');
            }
        }

        return $refused;
    }

    private static function retryAfter(string $given, int $now): int
    {
        if ($given === '') {
            return 0;
        }
        $seconds = ctype_digit($given) ? (int) $given : (int) strtotime($given) - $now;

        return min(max($seconds, 1), self::LONGEST);
    }
}
