<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Psr\Log\LoggerInterface;

/**
 * A log that only counts.
 */
class Silence implements LoggerInterface
{
    /** @var string[] */
    public array $lines = [];

    public function error($message, array $context = []): void
    {
        $this->lines[] = (string) $message;
    }

    public function warning($message, array $context = []): void
    {
        $this->lines[] = (string) $message;
    }

    public function info($message, array $context = []): void
    {
        $this->lines[] = (string) $message;
    }
}
