<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Order\Key;
use Shopbridge\Order\Units;

/**
 * Which units of an order its parcels hold.
 */
final class UnitsTest extends TestCase
{
    /**
     * @dataProvider parcels
     *
     * @param array<int, array<int, array<string, mixed>>> $parcels
     */
    public function testAnOrderIsShippedWhenAllItsUnitsAre(array $parcels, bool $isAll): void
    {
        self::assertSame($isAll, self::units()->areAllIn(array_map(static function (array $lines): array {
            return ['lines' => (string) json_encode($lines)];
        }, $parcels)));
    }

    public function testMoreThanWasBoughtIsNoUnitOfTheOrder(): void
    {
        $units = self::units();

        self::assertSame(2, $units->of(['line_id' => '11', 'quantity' => 2]));
        self::assertSame(0, $units->of(['line_id' => '11', 'quantity' => 3]));
        self::assertSame(1, $units->of(['sku' => 'B', 'quantity' => 1]));
        self::assertSame(0, $units->of(['line_id' => '99']));
        self::assertSame(0, $units->of(['line_id' => '12', 'quantity' => -1]));
    }

    /**
     * @return array<string, array{0: array<int, array<int, array<string, mixed>>>, 1: bool}>
     */
    public function parcels(): array
    {
        return [
            'none' => [[], false],
            'one without lines holds all' => [[[]], true],
            'one unit of three' => [[[['line_id' => '11', 'quantity' => 1]]], false],
            'all by their ids' => [[[['line_id' => '11'], ['line_id' => '12']], [['line_id' => '21']]], true],
            'by SKU' => [[[['sku' => 'A', 'quantity' => 2]], [['sku' => 'B', 'quantity' => 1]]], true],
            'a part, then the rest' => [[[['line_id' => '11']], []], true],
        ];
    }

    private static function units(): Units
    {
        $key = new Key('1', 1, 1, ['lines' => [
            ['line_ids' => ['11', '12'], 'quantity' => 2], ['line_ids' => ['21'], 'quantity' => 1],
        ]], 0);

        return new Units([
            ['product_quantity' => '2', 'product_reference' => 'A'], ['product_quantity' => '1', 'product_reference' => 'B'],
        ], $key);
    }
}
