<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Order\StockMarks;

/**
 * What a try that died had taken from stock.
 */
final class StockMarksTest extends TestCase
{
    /**
     * @param array<int, array{0: int, 1: int, 2: int}> $marks row, was, becomes
     * @param array<int, int>|null                      $taken
     *
     * @dataProvider tries
     */
    public function testExactlyWhatWasTakenIsGivenBack(array $marks, ?int $now, ?array $taken): void
    {
        $rows = array_map(static function (array $mark): array {
            return ['id_stock_available' => (string) $mark[0], 'was' => (string) $mark[1], 'becomes' => (string) $mark[2]];
        }, $marks);

        self::assertSame($taken, StockMarks::taken($rows, $now));
    }

    /**
     * @return array<string, array{0: array<int, array{0: int, 1: int, 2: int}>, 1: int|null, 2: array<int, int>|null}>
     */
    public function tries(): array
    {
        return [
            'nothing was begun' => [[], null, []],
            'died before the shop took it' => [[[5, 10, 7]], 10, []],
            'died after the shop took it' => [[[5, 10, 7]], 7, [5 => 3]],
            'a combination, and its product\'s sum not yet' => [[[6, 10, 7], [5, 40, 37]], 40, [6 => 3]],
            'a combination and its product\'s sum' => [[[6, 10, 7], [5, 40, 37]], 37, [6 => 3, 5 => 3]],
            'below nothing' => [[[5, 1, -2]], -2, [5 => 3]],
            'somebody else changed the row since' => [[[5, 10, 7]], 6, null],
            'the row is gone' => [[[5, 10, 7]], null, null],
        ];
    }
}
