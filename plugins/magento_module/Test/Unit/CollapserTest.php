<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Outbox\Collapser;

/**
 * @feature MOD-03
 */
class CollapserTest extends TestCase
{
    public function testTheLastRowOfEachTypeAndSubjectStaysInTheOrderOfThoseLastOnes(): void
    {
        $rows = [
            $this->row('product.saved', '1', 'first'),
            $this->row('stock.changed', '1', 'stock'),
            $this->row('product.saved', '2', 'other'),
            $this->row('product.saved', '1', 'last'),
        ];
        self::assertSame(['stock', 'other', 'last'], array_column((new Collapser())->collapse($rows), 'hint'));
    }

    public function testAChangeOfTheMerchantIsNotHiddenBehindTheHubsEcho(): void
    {
        $rows = [$this->row('order.changed', '1', 'merchant', 'admin'), $this->row('order.changed', '1', 'echo', 'hub')];
        self::assertSame(['admin'], array_column((new Collapser())->collapse($rows), 'via'));
        self::assertSame(['admin'], array_column((new Collapser())->collapse(array_reverse($rows)), 'via'));
        self::assertSame(['hub'], array_column((new Collapser())->collapse([$rows[1], $rows[1]]), 'via'));
    }

    public function testVariantsAndStoresAreSubjectsOfTheirOwn(): void
    {
        $rows = [
            ['variant_id' => '7'] + $this->row('stock.changed', '1', 'a'),
            ['variant_id' => '8'] + $this->row('stock.changed', '1', 'b'),
            ['store' => 'de'] + $this->row('stock.changed', '1', 'c'),
        ];
        self::assertCount(3, (new Collapser())->collapse($rows));
    }

    /**
     * @return array<string, string>
     */
    private function row(string $type, string $id, string $hint, string $via = 'admin'): array
    {
        return ['type' => $type, 'kind' => 'product', 'subject_id' => $id, 'variant_id' => '', 'store' => '', 'via' => $via, 'hint' => $hint];
    }
}
