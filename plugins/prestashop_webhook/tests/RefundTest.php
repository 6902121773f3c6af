<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Money\Amount;
use Shopbridge\Order\RefundCheck;
use Shopbridge\Order\SlipPlan;

/**
 * Credit slips have exactly TikTok Shop's amounts.
 */
final class RefundTest extends TestCase
{
    const IDS = ['577000000000000011', '577000000000000012'];

    public function testTheSlipIsWhatWasGivenBack(): void
    {
        $given = self::refund();
        self::assertSame([], RefundCheck::problems($given, self::IDS, false));

        $plan = new SlipPlan($given, [self::IDS[0] => 1, self::IDS[1] => 2], false);

        self::assertSame(['units' => 1, 'incl' => Amount::of('17.58'), 'excl' => Amount::of('16.25')], $plan->details[1]);
        self::assertSame(['incl' => Amount::of('2.17'), 'excl' => Amount::of('2.00')], $plan->shipping);
        self::assertSame(Amount::of($given['total']), $plan->goods['incl'] + $plan->shipping['incl']);
    }

    public function testTaxInsideIsNotAddedASecondTime(): void
    {
        $given = ['total' => '27.73'] + self::refund();
        self::assertSame([], RefundCheck::problems($given, self::IDS, true));
        self::assertSame(['total_sum'], array_column(RefundCheck::problems($given, self::IDS, false), 'code'));

        $plan = new SlipPlan($given, [self::IDS[0] => 1, self::IDS[1] => 1], true);

        self::assertSame(['units' => 2, 'incl' => Amount::of('26.23'), 'excl' => Amount::of('24.08')], $plan->details[1]);
        self::assertSame(Amount::of('27.73'), $plan->goods['incl'] + $plan->shipping['incl']);
    }

    /**
     * @dataProvider wrong
     *
     * @param array<string, mixed> $change
     */
    public function testWhatIsWrongIsNamed(array $change, string $code, string $where): void
    {
        $problems = RefundCheck::problems($change + self::refund(), self::IDS, false);

        self::assertSame([[$code, $where]], array_map(static function (array $one): array {
            return [$one['code'], $one['where']];
        }, $problems));
    }

    /**
     * @return array<string, array{0: array<string, mixed>, 1: string, 2: string}>
     */
    public function wrong(): array
    {
        $line = ['line_id' => self::IDS[0], 'amount' => '1.00', 'tax' => '0.00'];

        return [
            'no key' => [['refund_key' => ''], 'malformed', 'refund_key'],
            'no lines' => [['lines' => null], 'malformed', 'lines'],
            'another order\'s line' => [['lines' => [['line_id' => '1'] + $line]], 'unknown_line', 'lines.0.line_id'],
            'a unit twice' => [['lines' => [$line, $line]], 'unknown_line', 'lines.1.line_id'],
            'no amount' => [['lines' => [['amount' => null] + $line]], 'malformed', 'lines.0.amount'],
            'shipping as a number' => [['shipping' => 2.0], 'malformed', 'shipping'],
            'a total that is not the sum' => [['total' => '29.99'], 'total_sum', 'total'],
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private static function refund(): array
    {
        return [
            'refund_key' => 'r1', 'restock' => true,
            'lines' => [
                ['line_id' => self::IDS[0], 'amount' => '16.25', 'tax' => '1.33'],
                ['line_id' => self::IDS[1], 'amount' => '9.90', 'tax' => '0.82', 'fees' => '0.08'],
            ],
            'shipping' => '2.00', 'shipping_tax' => '0.17', 'adjustment' => '-0.50', 'total' => '30.05',
        ];
    }
}
