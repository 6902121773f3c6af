<?php

declare(strict_types=1);

namespace Psr\Log;

interface LoggerInterface
{
    /**
     * @param array<string, mixed> $context
     */
    public function error($message, array $context = []): void;

    /**
     * @param array<string, mixed> $context
     */
    public function warning($message, array $context = []): void;

    /**
     * @param array<string, mixed> $context
     */
    public function info($message, array $context = []): void;
}
