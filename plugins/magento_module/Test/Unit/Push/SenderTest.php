<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Push;

use Magento\Framework\Exception\LocalizedException;
use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Hub\Unreachable;
use Shopbridge\TikTokShop\Model\Push\Selection;
use Shopbridge\TikTokShop\Model\Push\Sender;
use Shopbridge\TikTokShop\Test\Fakes\PairedHub;

/**
 * A selection becomes one task of the hub, however many calls it takes.
 */
class SenderTest extends TestCase
{
    private PairedHub $hub;
    private Sender $sender;

    protected function setUp(): void
    {
        $this->hub = new PairedHub();
        $this->sender = new Sender($this->hub->client);
    }

    public function testAFewProductsGoInOneCallThatStartsAtOnce(): void
    {
        $this->hub->answers(['task_id' => '7', 'asked' => 2, 'started' => true], 202);
        self::assertSame(['task_id' => '7', 'asked' => 2], $this->sender->send(Sender::PUSH, [11, '12'], '7494', '99'));
        self::assertSame([[
            'method' => 'POST',
            'path' => 'tasks',
            'body' => ['kind' => 'push', 'shop_id' => '7494', 'product_ids' => ['11', '12'], 'warehouse_id' => '99', 'start' => true],
        ]], $this->hub->calls());
    }

    public function testTensOfThousandsAreGatheredInOneTaskAndStartedOnce(): void
    {
        foreach ([10000, 20000, 25001] as $asked) {
            $this->hub->answers(['task_id' => '7', 'asked' => $asked, 'started' => false], 202);
        }
        $this->hub->answers(['task_id' => '7', 'asked' => 25001, 'started' => true], 202);
        self::assertSame(['task_id' => '7', 'asked' => 25001], $this->sender->send(Sender::STOCK, range(1, 25001), '7494', ''));
        $calls = $this->hub->calls();
        self::assertSame(['tasks', 'tasks', 'tasks', 'tasks/7/start'], array_column($calls, 'path'));
        self::assertSame([10000, 10000, 5001], array_map(static fn (array $one): int => count($one['body']['product_ids']), array_slice($calls, 0, 3)));
        self::assertFalse($calls[0]['body']['start']);
        self::assertSame(['7', '7'], [$calls[1]['body']['append_to'], $calls[2]['body']['append_to']]);
        $all = array_merge(...array_map(static fn (array $one): array => $one['body']['product_ids'], array_slice($calls, 0, 3)));
        self::assertSame(array_map('strval', range(1, 25001)), $all);
    }

    public function testAHubThatGoesAwayInBetweenStartsNothing(): void
    {
        $this->hub->answers(['task_id' => '7', 'asked' => 10000, 'started' => false], 202);
        $this->hub->answers([], 503);
        try {
            $this->sender->send(Sender::PUSH, range(1, 10001), '7494', '');
            self::fail('half of a selection is no push');
        } catch (Unreachable $error) {
            self::assertNotContains('tasks/7/start', array_column($this->hub->calls(), 'path'));
        }
    }

    public function testASelectionComesBackAsItWas(): void
    {
        $selection = new Selection();
        $asked = ['namespace' => 'product_listing', 'excluded' => ['3', '4'], 'filters' => ['name' => 'mug & "cup"'], 'search' => 'ü'];
        self::assertSame($asked, $selection->unpack($selection->pack($asked + ['key' => 'not ours', 'form_key' => 'x'])));
        self::assertSame(
            ['namespace' => 'product_listing', 'excluded' => 'false'],
            $selection->unpack($selection->pack(['namespace' => 'product_listing', 'excluded' => 'false']))
        );
    }

    /**
     * @dataProvider broken
     */
    public function testABrokenSelectionIsNoSelection(string $text): void
    {
        $this->expectException(LocalizedException::class);
        (new Selection())->unpack($text);
    }

    /**
     * @return list<array{string}>
     */
    public static function broken(): array
    {
        return [[''], ['null'], ['[]'], ['{"selected":["1"]}'], ['{"namespace":']];
    }
}
