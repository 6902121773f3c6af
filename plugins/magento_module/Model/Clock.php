<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

/**
 * The time, in seconds. A class of its own so that tests can turn it.
 */
class Clock
{
    public function now(): int
    {
        return time();
    }

    /**
     * "2026-11-20T12:00:00Z"
     */
    public function rfc3339(int $seconds): string
    {
        return gmdate('Y-m-d\TH:i:s\Z', $seconds);
    }
}
