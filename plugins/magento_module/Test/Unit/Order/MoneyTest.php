<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Order;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Order\Money;

/**
 * Amounts stay exact on their way in and out.
 */
class MoneyTest extends TestCase
{
    /**
     * @return iterable<string, array{string, string, int, string}>
     */
    public static function amounts(): iterable
    {
        yield 'cents' => ['12.50', 'USD', 1250, '12.50'];
        yield 'no decimals given' => ['12', 'USD', 1200, '12.00'];
        yield 'one cent' => ['0.01', 'GBP', 1, '0.01'];
        yield 'negative' => ['-0.40', 'USD', -40, '-0.40'];
        yield 'yen' => ['2325', 'JPY', 2325, '2325'];
        yield 'fils' => ['1.234', 'KWD', 1234, '1.234'];
        yield 'as large as allowed' => ['999999999999.99', 'EUR', 99999999999999, '999999999999.99'];
        yield 'zeroes beyond the cent' => ['1.500000', 'EUR', 150, '1.50'];
    }

    /**
     * @dataProvider amounts
     */
    public function testAnAmountIsReadAndWrittenExactly(string $text, string $currency, int $minor, string $written): void
    {
        self::assertTrue(Money::isAmount($text));
        self::assertTrue(Money::isWhole($text, $currency));
        self::assertSame($minor, Money::minor($text, $currency));
        self::assertSame($written, Money::text($minor, $currency));
        self::assertSame($minor, Money::ofStored(Money::number($minor, $currency), $currency));
    }

    public function testWhatIsNoAmountIsNotTakenForOne(): void
    {
        foreach ([12.5, 12, '', '1,50', '1.', '.5', '1e3', "1.00\n", '+1', '1.0000001', '1234567890123', null] as $value) {
            self::assertFalse(Money::isAmount($value), var_export($value, true));
        }
    }

    public function testPartsOfACentAreNoWholeAmount(): void
    {
        self::assertFalse(Money::isWhole('0.001', 'USD'));
        self::assertFalse(Money::isWhole('10.5', 'JPY'));
        self::assertTrue(Money::isWhole('0.001', 'BHD'));
    }
}
