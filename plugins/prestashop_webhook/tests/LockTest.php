<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Order\Lock;

/**
 * Which databases can hold two locks at once.
 */
final class LockTest extends TestCase
{
    /**
     * @dataProvider versions
     */
    public function testAnOldDatabaseIsNotAskedForASecondLock(string $version, bool $can): void
    {
        self::assertSame($can, Lock::canHoldTwo($version));
    }

    /**
     * @return array<int, array{0: string, 1: bool}>
     */
    public function versions(): array
    {
        return [
            ['5.6.51-log', false], ['5.7.4', false], ['5.7.5', true], ['8.0.36-0ubuntu0.22.04.1', true], ['8.4.0', true],
            ['10.0.1-MariaDB', false], ['10.11.6-MariaDB-0+deb12u1', true], ['5.5.5-10.4.32-MariaDB-log', true], ['5.5.68-MariaDB', false],
        ];
    }
}
