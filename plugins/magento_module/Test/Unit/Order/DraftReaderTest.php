<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Order;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Order\DraftReader;
use Shopbridge\TikTokShop\Model\Order\Money;
use Shopbridge\TikTokShop\Model\Order\Refusal;

/**
 * The rules of money of an order, by the vectors that the Python tests read, too.
 */
class DraftReaderTest extends TestCase
{
    /**
     * @return iterable<string, array{array<string, mixed>}>
     */
    public static function accepted(): iterable
    {
        foreach (shopbridge_vectors('money')['cases'] as $case) {
            if ($case['verdict'] === 'accepted') {
                yield $case['name'] => [$case];
            }
        }
    }

    /**
     * @return iterable<string, array{array<string, mixed>}>
     */
    public static function refused(): iterable
    {
        foreach (shopbridge_vectors('money')['cases'] as $case) {
            if ($case['verdict'] === 'refused') {
                yield $case['name'] => [$case];
            }
        }
    }

    /**
     * @dataProvider accepted
     * @param array<string, mixed> $case
     */
    public function testTheTotalsAreTheSumsOfTheParts(array $case): void
    {
        $draft = (new DraftReader())->read($case['body'], ['default', 'all']);

        $found = [
            'goods' => $draft->goods(), 'shipping' => $draft->shipping->net(), 'fees' => $draft->fees(),
            'tax' => $draft->tax(), 'grand' => $draft->grand(),
        ];
        self::assertSame($case['totals'], array_map(
            static fn (int $minor): string => Money::text($minor, $draft->currency),
            $found
        ));
    }

    /**
     * @dataProvider refused
     * @param array<string, mixed> $case
     */
    public function testABodyThatContradictsItselfIsRefusedByItsProblem(array $case): void
    {
        self::assertContains($case['code'], array_column($this->problems($case['body']), 'code'));
    }

    /**
     * @dataProvider refused
     * @param array<string, mixed> $case
     */
    public function testARefusedBodyIsRightOnceRepaired(array $case): void
    {
        $body = $case['body'];
        $place = &$body;
        foreach (explode('.', $case['where']) as $step) {
            $place = &$place[$step];
        }
        $place = $case['repair'];

        self::assertSame($case['body']['key'], (new DraftReader())->read($body, ['default'])->key);
    }

    public function testAllProblemsAreFoundAtOnceEachWithItsPlace(): void
    {
        $body = $this->body();
        $body['store'] = 'nowhere';
        $body['lines'][0]['gross'] = 72.0;
        $body['lines'][0]['quantity'] = 0;
        $body['shipping']['tax'] = '0.001';
        $body['ship_to']['country'] = 'uk';
        unset($body['payment']);

        $found = array_map(static fn (array $one): string => "$one[code] $one[where]", $this->problems($body));
        $expected = [
            'malformed store', 'malformed lines.0.quantity', 'malformed lines.0.gross', 'precision shipping.tax',
            'malformed payment', 'malformed ship_to.country',
        ];
        self::assertSame([], array_diff($expected, $found));
    }

    /**
     * @return iterable<string, array{mixed}>
     */
    public static function noOrders(): iterable
    {
        yield 'nothing' => [null];
        yield 'a list' => [[['key' => '1']]];
        yield 'an empty object' => [[]];
        yield 'a text' => ['order'];
    }

    /**
     * @dataProvider noOrders
     */
    public function testWhatIsNoOrderIsRefusedAndNotAMistakeOfOurs(mixed $body): void
    {
        self::assertNotSame([], $this->problems($body));
    }

    public function testALineIdStandsForOneUnitOnly(): void
    {
        $body = $this->body();
        $body['lines'][0]['line_ids'][1] = $body['lines'][0]['line_ids'][0];
        self::assertSame(['line_ids'], array_column($this->problems($body), 'code'));

        $body['lines'][0]['line_ids'] = ['1'];
        self::assertSame(['line_ids'], array_column($this->problems($body), 'code'));
    }

    public function testAnOrderInItsBuyersGraceHourIsHeld(): void
    {
        $body = $this->body();
        self::assertFalse((new DraftReader())->read($body, ['default'])->isOnHold);
        $body['hold_until'] = '2026-11-20T13:00:00Z';
        self::assertTrue((new DraftReader())->read($body, ['default'])->isOnHold);
        $body['hold_until'] = null;
        $body['state'] = 'on_hold';
        self::assertTrue((new DraftReader())->read($body, ['default'])->isOnHold);
    }

    public function testAnOrderOfVirtualGoodsNeedsNoAddress(): void
    {
        $body = $this->body();
        $body['ship_to'] = null;
        self::assertSame(['ship_to'], array_column($this->problems($body), 'where'));
        $body['lines'][0]['virtual'] = true;
        self::assertNull((new DraftReader())->read($body, ['default'])->body['ship_to']);
    }

    /**
     * @return array<string, mixed>
     */
    private function body(): array
    {
        return shopbridge_vectors('money')['cases'][0]['body'];
    }

    /**
     * @return list<array{code: string, where: string, says: string}>
     */
    private function problems(mixed $body): array
    {
        try {
            (new DraftReader())->read($body, ['default', 'all']);
        } catch (Refusal $refusal) {
            self::assertSame(422, $refusal->status);
            return $refusal->body['problems'];
        }
        return [];
    }
}
