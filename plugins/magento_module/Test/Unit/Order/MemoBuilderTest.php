<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Order;

use Magento\Sales\Model\Convert\Order as Converter;
use Magento\Sales\Model\Order;
use Magento\Sales\Model\Order\Creditmemo;
use Magento\Sales\Model\Order\Item;
use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Order\Description;
use Shopbridge\TikTokShop\Model\Order\Keys;
use Shopbridge\TikTokShop\Model\Order\MemoBuilder;
use Shopbridge\TikTokShop\Model\Order\Money;
use Shopbridge\TikTokShop\Model\Order\RefundDraft;
use Shopbridge\TikTokShop\Model\Order\RefundReader;

/**
 * A credit memo is TikTok Shop's refund to the cent, and its parts add up to it.
 */
class MemoBuilderTest extends TestCase
{
    /** @var list<array<string, mixed>> documents of earlier refunds */
    private array $documents = [];

    /**
     * @feature RET-02
     */
    public function testAWholeUnitComesBackWithItsPriceDiscountAndTax(): void
    {
        $memo = $this->build($this->refund([['11', '25.00', '0.90']], total: '25.90', restock: true));

        $this->assertAddsUp($memo, 2590);
        self::assertEquals([28.0, -3.0, 0.9], [$memo->getSubtotal(), $memo->getDiscountAmount(), $memo->getTaxAmount()]);
        self::assertCount(1, $memo->items);
        self::assertSame([1, true], [$memo->items[0]->getQty(), $memo->items[0]->getBackToStock()]);
    }

    /**
     * @feature RET-02
     */
    public function testAPartOfAUnitsMoneyIsARowOfThatMuch(): void
    {
        $memo = $this->build($this->refund([['11', '5.00', '0.18']], total: '5.18'));

        $this->assertAddsUp($memo, 518);
        self::assertEquals([5.0, 0.0, 0.18], [$memo->getSubtotal(), $memo->getDiscountAmount(), $memo->getTaxAmount()]);
    }

    public function testAUnitThatWasCountedBeforeIsNotCountedAgain(): void
    {
        $this->documents = [['hub_key' => 'earlier', 'line_ids' => '["11"]']];
        $memo = $this->build($this->refund([['11', '3.00', '0.10']], total: '3.10'));

        $this->assertAddsUp($memo, 310);
        self::assertSame([], $memo->items);
        self::assertEquals(3.0, $memo->getAdjustmentPositive());
    }

    public function testTheRefundOfAllTheMoneyBringsBackEveryUnit(): void
    {
        $memo = $this->build($this->refund([], total: '94.07', adjustment: '94.07', restock: true));

        $this->assertAddsUp($memo, 9407);
        self::assertSame([2, 1], array_map(static fn ($item): int => $item->getQty(), $memo->items));
        self::assertEquals(0.0, $memo->getSubtotal());
    }

    public function testShippingFeesAndANegativeAdjustmentAreNamedApart(): void
    {
        $refund = $this->refund([['13', '36.00', '1.00', '0.28']], total: '41.67', shipping: '4.99', adjustment: '-0.60');
        $memo = $this->build($refund);

        $this->assertAddsUp($memo, 4167, fees: 28);
        self::assertEquals([4.99, 0.0, 0.6], [
            $memo->getShippingAmount(), $memo->getAdjustmentPositive(), $memo->getAdjustmentNegative(),
        ]);
    }

    public function testTaxInsideThePricesIsTakenOutOfTheRowNotAddedToIt(): void
    {
        $memo = $this->build($this->refund([['13', '36.00', '6.00']], total: '36.00', inside: true), inside: true);

        $this->assertAddsUp($memo, 3600);
        self::assertEquals([30.0, 6.0], [$memo->getSubtotal(), $memo->getTaxAmount()]);
    }

    private function assertAddsUp(Creditmemo $memo, int $total, int $fees = 0): void
    {
        $sum = 0;
        foreach (['subtotal', 'discount_amount', 'tax_amount', 'shipping_amount', 'adjustment'] as $name) {
            $sum += Money::ofStored($memo->getData($name), 'GBP');
            self::assertSame($memo->getData($name), $memo->getData("base_$name"), $name);
        }
        self::assertSame([$total, $total], [$sum + $fees, Money::ofStored($memo->getGrandTotal(), 'GBP')]);
    }

    /**
     * @param list<list<string>> $lines line id, amount, tax and fees
     */
    private function refund(
        array $lines,
        string $total,
        string $shipping = '0.00',
        string $adjustment = '0.00',
        bool $restock = false,
        bool $inside = false
    ): RefundDraft {
        return (new RefundReader())->read([
            'refund_key' => 'ret-1', 'restock' => $restock, 'reason' => 'Damaged', 'total' => $total,
            'lines' => array_map(static fn (array $line): array => [
                'line_id' => $line[0], 'amount' => $line[1], 'tax' => $line[2], 'fees' => $line[3] ?? '0.00',
            ], $lines),
            'shipping' => $shipping, 'shipping_tax' => '0.00', 'adjustment' => $adjustment,
        ], 'GBP', $inside);
    }

    /**
     * Two units at 28.00 with 3.00 off and 0.90 tax each, and one at 36.00; shipping 4.99 and a fee of 0.28.
     */
    private function build(RefundDraft $refund, bool $inside = false): Creditmemo
    {
        $order = new Order(['id' => 1, 'order_currency_code' => 'GBP', 'grand_total' => '94.0700', 'total_refunded' => null]);
        $order->items = [
            new Item(['id' => 100, 'qty_ordered' => 2, 'qty_invoiced' => 2, 'qty_refunded' => 0, 'discount_amount' => '6.0000']),
            new Item(['id' => 101, 'qty_ordered' => 1, 'qty_invoiced' => 1, 'qty_refunded' => 0, 'discount_amount' => '0.0000']),
        ];
        $keys = new class ($this->documents) extends Keys {
            /**
             * @param list<array<string, mixed>> $documents
             */
            public function __construct(private readonly array $documents)
            {
            }

            public function lines(int $orderId): array
            {
                return [
                    100 => ['line_ids' => ['11', '12'], 'net' => '50.0000', 'tax' => '1.8000'],
                    101 => ['line_ids' => ['13'], 'net' => '36.0000', 'tax' => '1.0000'],
                ];
            }

            public function documents(int $orderId, string $kind): array
            {
                return $this->documents;
            }
        };
        $description = new class extends Description {
            public function __construct()
            {
            }
        };
        $row = ['prices_include_tax' => (int) $inside];
        return (new MemoBuilder(new Converter(), $keys, $description))->build($order, $row, $refund);
    }
}
