<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Order;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Order\Refusal;
use Shopbridge\TikTokShop\Model\Order\RefundReader;

/**
 * A refund's parts sum to its total; a tax inside the prices is not given back twice.
 */
class RefundReaderTest extends TestCase
{
    private const BODY = [
        'refund_key' => 'ret-1', 'restock' => true, 'reason' => 'Damaged',
        'lines' => [['line_id' => '11', 'amount' => '25.00', 'tax' => '0.90', 'fees' => '-0.10']],
        'shipping' => '4.99', 'shipping_tax' => '0.40', 'adjustment' => '-1.00', 'total' => '30.19',
    ];

    public function testThePartsSumToTheTotal(): void
    {
        $refund = (new RefundReader())->read(self::BODY, 'USD', false);
        self::assertSame([3019, 499, 40, -100, -10], [
            $refund->total, $refund->shipping, $refund->shippingTax, $refund->adjustment, $refund->fees(),
        ]);
        self::assertFalse($refund->isTaxInside);
    }

    public function testATotalThatIsNotTheSumIsRefused(): void
    {
        self::assertSame(['total_sum'], $this->codes(['total' => '30.20'] + self::BODY, 'USD', false));
        self::assertSame(['total_sum'], $this->codes(['total' => '28.89'] + self::BODY, 'USD', false));
    }

    public function testTaxInsideThePricesIsNotAddedASecondTime(): void
    {
        $refund = (new RefundReader())->read(['total' => '28.89'] + self::BODY, 'GBP', true);
        self::assertTrue($refund->isTaxInside);
        $beside = (new RefundReader())->read(self::BODY, 'GBP', true);
        self::assertFalse($beside->isTaxInside);
    }

    public function testAmountsAreTextsInWholeUnitsOfTheOrdersCurrency(): void
    {
        self::assertContains('precision', $this->codes(self::BODY, 'JPY', false));
        self::assertContains('malformed', $this->codes(['total' => 30.19] + self::BODY, 'USD', false));
        self::assertContains('malformed', $this->codes(['total' => '-1.00'] + self::BODY, 'USD', false));
        self::assertContains('malformed', $this->codes(['restock' => 'yes'] + self::BODY, 'USD', false));
        self::assertContains('malformed', $this->codes(['refund_key' => ''] + self::BODY, 'USD', false));
    }

    /**
     * @param array<string, mixed> $body
     * @return string[]
     */
    private function codes(array $body, string $currency, bool $inside): array
    {
        try {
            (new RefundReader())->read($body, $currency, $inside);
        } catch (Refusal $refusal) {
            return array_column($refusal->body['problems'], 'code');
        }
        return [];
    }
}
