<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Money\Amount;
use Shopbridge\Money\BodyCheck;
use Shopbridge\Money\Plan;

/**
 * The rules of money, over the vectors that the hub and the practice shops are tested with.
 */
final class MoneyTest extends TestCase
{
    /**
     * @dataProvider right
     *
     * @param array<string, mixed> $case
     */
    public function testARightBodyBecomesRowsThatSumToWhatTheBuyerPaid(array $case): void
    {
        $body = $case['body'];
        self::assertSame([], BodyCheck::problems($body));

        $plan = self::plan($body, $body['currency'] === 'JPY' ? 0 : 2);

        self::assertSame([], $plan->problems);
        self::assertSame(0, $plan->rounding);
        self::assertSame(Amount::of($case['totals']['grand']), $plan->paid['incl']);
        self::assertSame(Amount::of($case['totals']['tax']), $plan->paid['incl'] - $plan->paid['excl']);
        $off = $plan->discounted();
        foreach (['incl', 'excl'] as $which) {
            self::assertSame(array_sum(array_column($plan->details, $which)), $plan->products[$which]);
            self::assertSame($plan->paid[$which], $plan->products[$which] - $off[$which] + $plan->shipping[$which] + $plan->charges[$which]);
        }
        self::assertSame(array_sum(array_map([Amount::class, 'of'], array_column($body['lines'], 'tax'))), array_sum(array_column($plan->details, 'tax')));
    }

    /**
     * @dataProvider wrong
     *
     * @param array<string, mixed> $case
     */
    public function testABodyThatContradictsItselfIsRefusedByItsCode(array $case): void
    {
        self::assertContains($case['code'], array_column(BodyCheck::problems($case['body']), 'code'));
    }

    /**
     * @dataProvider wrong
     *
     * @param array<string, mixed> $case
     */
    public function testRepairedAtItsPlaceItIsRight(array $case): void
    {
        $body = $case['body'];
        $at = &$body;
        foreach (explode('.', $case['where']) as $step) {
            $at = &$at[$step];
        }
        $at = $case['repair'];
        unset($at);

        self::assertSame([], BodyCheck::problems($body));
    }

    /**
     * @dataProvider broken
     *
     * @param mixed $value
     */
    public function testAFieldThatIsMissingOrOfTheWrongTypeIsNamed(string $where, $value): void
    {
        $body = self::body('every discount and a negative fee');
        $at = &$body;
        foreach (explode('.', $where) as $step) {
            $at = &$at[$step];
        }
        $at = $value;
        unset($at);

        $problems = BodyCheck::problems($body);

        self::assertSame(['malformed'], array_values(array_unique(array_column($problems, 'code'))));
        self::assertContains($where, array_column($problems, 'where'));
    }

    public function testLinesIdsAreUnits(): void
    {
        $body = self::body('every discount and a negative fee');
        $body['lines'][1]['line_ids'][0] = $body['lines'][0]['line_ids'][0];
        $body['lines'][1]['quantity'] = 2;

        $says = array_column(BodyCheck::problems($body), 'says');

        self::assertContains('one TikTok line is one unit', $says);
        self::assertContains('a line id stands twice', $says);
    }

    public function testDiscountsStandBesideTheGoodsUnderTheirOwnNames(): void
    {
        $plan = self::plan(self::body('every discount and a negative fee'), 2);

        $found = [];
        foreach ($plan->discounts as $discount) {
            $found[$discount['kind'] . $discount['title']] = Amount::text($discount['incl'], 2);
        }
        self::assertSame(['seller' => '1.50', 'platform' => '2.28', 'feeOther TikTok Shop charges' => '0.40'], $found);
        self::assertSame('1.19', Amount::text($plan->charges['incl'], 2));
        self::assertSame('1.10', Amount::text($plan->charges['excl'], 2));
    }

    public function testTaxThatTikTokShopRemitsStandsOnTheLineAsItWasCollected(): void
    {
        $plan = self::plan(self::body("the contract's example"), 2);
        $line = reset($plan->details);

        self::assertSame('2.80', Amount::text($line['incl'] - $line['excl'], 2));
        self::assertSame('72.00', Amount::text($line['excl'], 2));
    }

    public function testTaxThatTheSellerOwesKeepsItsRateOnLineAndDiscount(): void
    {
        $plan = self::plan(self::body('tax inside the prices'), 2);
        $first = reset($plan->details);

        self::assertSame(['18.00', '15.00'], [Amount::text($first['incl'], 2), Amount::text($first['excl'], 2)]);
        self::assertSame(['3.00', '2.50'], [Amount::text($plan->discounts[0]['incl'], 2), Amount::text($plan->discounts[0]['excl'], 2)]);
        self::assertSame('2.50', Amount::text($first['tax'], 2));
    }

    /**
     * @feature KNI-01
     */
    public function testWhatTheShopsOwnDecimalsChangeIsOneLineOfItsOwn(): void
    {
        $body = self::body("the contract's example");
        $body['lines'][0] = ['gross' => '10.50', 'seller_discount' => '0.00', 'net' => '10.50', 'tax' => '0.00'] + $body['lines'][0];
        $body['shipping'] = ['gross' => '1.50', 'net' => '1.50'] + $body['shipping'];
        $body['fees'] = [];
        $body['totals'] = ['goods' => '10.50', 'shipping' => '1.50', 'fees' => '0.00', 'tax' => '0.00', 'grand' => '12.00'];
        self::assertSame([], BodyCheck::problems($body));

        $plan = self::plan($body, 0);

        self::assertSame('-1', Amount::text($plan->rounding, 0));
        self::assertSame([Plan::ROUNDING], array_column($plan->discounts, 'kind'));
        self::assertSame('12', Amount::text($plan->paid['incl'], 0));
        self::assertSame([], $plan->problems);
    }

    /**
     * @feature KNI-01
     */
    public function testMoreThanAMinorUnitForEachLineIsRefused(): void
    {
        $body = self::body("the contract's example");
        $body['lines'][0] = ['gross' => '10.50', 'seller_discount' => '0.50', 'platform_discount' => '0.50', 'net' => '9.50', 'tax' => '0.00'] + $body['lines'][0];
        $body['lines'] = array_fill(0, 3, $body['lines'][0]);
        $body['shipping'] = ['gross' => '0.00', 'net' => '0.00'] + $body['shipping'];
        $body['fees'] = [];
        $body['totals'] = ['goods' => '28.50', 'shipping' => '0.00', 'fees' => '0.00', 'tax' => '0.00', 'grand' => '34.00'];

        $plan = self::plan($body, 0);

        self::assertSame(['precision'], array_column($plan->problems, 'code'));
    }

    public function testLinesOfOneItemShareAnOrderLine(): void
    {
        $plan = Plan::of(self::body('every discount and a negative fee'), ['6-0', '6-0'], 2);

        self::assertSame(['6-0'], array_keys($plan->details));
        self::assertSame(4, $plan->details['6-0']['quantity']);
        self::assertSame('52.95', Amount::text($plan->paid['incl'], 2));
    }

    /**
     * @dataProvider amounts
     */
    public function testAmountsAreExact(string $text, int $places, string $rounded): void
    {
        self::assertSame($rounded, Amount::text(Amount::of($text), $places));
    }

    /**
     * @return array<int, array{0: string, 1: int, 2: string}>
     */
    public function amounts(): array
    {
        return [
            ['0.005', 2, '0.01'], ['-0.005', 2, '-0.01'], ['0.1', 2, '0.10'], ['1.004999', 2, '1.00'], ['-0.5', 0, '-1'], ['99999999999', 2, '99999999999.00'],
            ['12.345678', 6, '12.345678'], ['-0.000001', 6, '-0.000001'], ['0', 0, '0'], ['+7.10', 1, '7.1'],
        ];
    }

    /**
     * @dataProvider noAmounts
     *
     * @param mixed $text
     */
    public function testWhatIsNoAmountIsNone($text): void
    {
        self::assertNull(Amount::parse($text));
    }

    /**
     * @return array<int, array{0: mixed}>
     */
    public function noAmounts(): array
    {
        return [[''], ['1,5'], ['1e3'], ['NaN'], [' 1'], ["1\n"], ['1.'], ['.5'], [1.5], [null], ['0.0000001'], ['999999999999'], ['--1']];
    }

    /**
     * @return array<string, array{0: array<string, mixed>}>
     */
    public function right(): array
    {
        return self::cases('accepted');
    }

    /**
     * @return array<string, array{0: array<string, mixed>}>
     */
    public function wrong(): array
    {
        return self::cases('refused');
    }

    /**
     * @return array<int, array{0: string, 1: mixed}>
     */
    public function broken(): array
    {
        return [
            ['key', ''], ['key', str_repeat('7', 65)], ['store', null], ['state', 'lost'], ['tax_remitted_by', 'nobody'], ['placed_at', '2026-11-20'],
            ['prices_include_tax', 'no'], ['lines', []], ['lines.0.line_ids', []], ['lines.0.line_ids', [7]], ['lines.1.quantity', '3'], ['lines.0.sku', 5],
            ['lines.0.net', 16.25], ['lines.1.tax', '1e2'], ['shipping', null], ['shipping.net', ''], ['fees', null], ['fees.0.tax', null],
            ['totals.grand', null], ['ship_to.country', null], ['ship_to.lines', 'High Street'], ['buyer', null], ['payment', null],
        ];
    }

    /**
     * @param array<string, mixed> $body
     */
    private static function plan(array $body, int $places): Plan
    {
        return Plan::of($body, array_map('strval', array_keys($body['lines'])), $places);
    }

    /**
     * @return array<string, mixed>
     */
    private static function body(string $name): array
    {
        return self::cases('accepted')[$name][0]['body'];
    }

    /**
     * @return array<string, array{0: array<string, mixed>}>
     */
    private static function cases(string $verdict): array
    {
        $found = [];
        foreach (json_decode((string) file_get_contents(__DIR__ . '/../../../tests/vectors/money.json'), true)['cases'] as $case) {
            if ($case['verdict'] === $verdict) {
                $found[$case['name']] = [$case];
            }
        }

        return $found;
    }
}
