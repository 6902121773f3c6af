<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Delivery\Deliverer;
use Shopbridge\Delivery\Reply;
use Shopbridge\Outbox\Link;
use Shopbridge\Settings\Settings;
use Shopbridge\Settings\WebhookUrl;
use Shopbridge\Tests\Fakes\Hub;
use Shopbridge\Tests\Fakes\MemoryConfig;
use Shopbridge\Tests\Fakes\MemoryQueue;
use Shopbridge\Tests\Fakes\TurningCipher;

/**
 * What the deliverer sends, and what it does after each answer (plugin contract, section 2).
 */
final class DelivererTest extends TestCase
{
    const SECRET = 'whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';
    const KEY = 'AbCdEfGhIjKlMnOpQrStUv';
    const URL = 'https://hub.example/hooks/prestashop/' . self::KEY;

    /** @var int */
    private $now = 1795780800;
    /** @var MemoryQueue */
    private $queue;
    /** @var Hub */
    private $hub;
    /** @var Settings */
    private $settings;
    /** @var Deliverer */
    private $deliverer;

    protected function setUp(): void
    {
        $this->queue = new MemoryQueue();
        $this->hub = new Hub(self::SECRET);
        $this->settings = new Settings(new MemoryConfig(), new TurningCipher());
        $this->settings->join(WebhookUrl::parse(self::URL . '#' . self::SECRET), 0, $this->now);
        $this->deliverer = $this->deliverer();
    }

    private function deliverer(): Deliverer
    {
        return new Deliverer($this->settings, $this->queue, $this->hub, new TurningCipher(), '1.0.0', static function (array $shops): array {
            return ['plugin_version' => '1.0.0', 'stores' => array_map('strval', $shops)];
        }, function (): int {
            return $this->now;
        });
    }

    public function testHelloIsTheFirstThingSaidAndItsAnswerIsKeptEncrypted(): void
    {
        $this->queue->add('product.saved', 'product', '42');
        $this->deliverer->run(20);

        self::assertSame('plugin.hello', $this->hub->heard[0]['events'][0]['type']);
        self::assertSame(['plugin_version' => '1.0.0', 'stores' => ['1']], $this->hub->heard[0]['events'][0]['hint']);
        $link = $this->queue->link(self::KEY);
        self::assertSame('https://hub.example/api/v1', $link->apiUrl);
        self::assertSame('kept:' . strrev('sbp_secret'), $link->apiToken);
        self::assertSame(2, $link->skew);
        self::assertCount(1, $this->hub->batches());
    }

    public function testHelloIsSaidAgainEachDay(): void
    {
        $this->deliverer->run(20);
        $this->now += 86399;
        $this->deliverer->run(20);
        self::assertCount(1, $this->hub->heard);
        $this->now += 1;
        $this->deliverer->run(20);
        self::assertCount(2, $this->hub->heard);
    }

    public function testAHelloAnswerThatTheHubDidNotSignPairsNothing(): void
    {
        $this->hub->helloAnswers[] = function (string $id): Reply {
            return $this->hub->welcome($id, 'not the key');
        };
        $this->queue->add('product.saved', 'product', '42');
        $this->deliverer->run(20);

        $link = $this->queue->link(self::KEY);
        self::assertSame('', $link->apiToken);
        self::assertSame(Link::UNSIGNED, $link->notice);
        self::assertSame([], $this->hub->batches());

        $this->now += 60;
        $this->deliverer->run(20);
        self::assertNotSame($this->hub->heard[0]['id'], $this->hub->heard[1]['id']);
        self::assertSame('', $this->queue->link(self::KEY)->notice);
    }

    public function testAHelloThatWasAnsweredBeforeIsSaidAnewAtOnceWithANewId(): void
    {
        $this->hub->helloAnswers[] = new Reply(409, [], '{"code":"replayed"}');
        $this->deliverer->run(20);

        self::assertCount(2, $this->hub->heard);
        self::assertNotSame($this->hub->heard[0]['id'], $this->hub->heard[1]['id']);
        self::assertGreaterThan(0, $this->queue->link(self::KEY)->helloAt);
    }

    public function testManyRowsOfOneSubjectAreOneEventTheLast(): void
    {
        $this->queue->add('stock.changed', 'product', '42', '57');
        $this->queue->add('product.saved', 'product', '42');
        $this->queue->add('stock.changed', 'product', '42', '58');
        $this->queue->add('stock.changed', 'product', '42', '57');
        $this->deliverer->run(20);

        $events = $this->hub->batches()[0]['events'];
        self::assertSame([['product.saved', ''], ['stock.changed', '58'], ['stock.changed', '57']], array_map(static function (array $event): array {
            return [$event['type'], $event['subject']['variant_id'] ?? ''];
        }, $events));
        self::assertSame([], $this->queue->rows);
    }

    public function testEventsAreNumberedWithoutAGapAndCarryTheContractsFields(): void
    {
        for ($i = 1; $i <= 250; ++$i) {
            $this->queue->add('product.saved', 'product', (string) $i);
        }
        $this->deliverer->run(20);

        $batches = $this->hub->batches();
        self::assertSame([100, 100, 50], array_map(static function (array $batch): int {
            return count($batch['events']);
        }, $batches));
        $events = array_merge(...array_column($batches, 'events'));
        self::assertSame(range(2, 251), array_column($events, 'seq'));
        self::assertCount(250, array_unique(array_column($events, 'id')));
        self::assertMatchesRegularExpression('/^[0-9A-HJKMNP-TV-Z]{26}$/', $events[0]['id']);
        unset($events[0]['id']);
        self::assertSame(['type' => 'product.saved', 'at' => '2026-11-21T12:00:00Z', 'seq' => 2, 'store' => '1', 'subject' => ['kind' => 'product', 'id' => '1'], 'via' => 'admin'], $events[0]);
    }

    /**
     * @dataProvider troubles
     *
     * @feature MOD-03
     */
    public function testAnOutageOfTheHubFailsNothingAndTheSameMessageGoesAgain(Reply $trouble, string $notice): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $waits = [60, 120, 240, 480, 900, 900];
        foreach ($waits as $i => $wait) {
            $this->hub->answers = [$trouble];
            $this->deliverer->run(20);
            self::assertCount($i + 1, $this->hub->batches());
            self::assertSame($notice, $this->queue->link(self::KEY)->notice);
            $this->now += $wait - 1;
            $this->deliverer->run(20);
            self::assertCount($i + 1, $this->hub->batches(), 'a try before the wait is over');
            ++$this->now;
        }
        $this->deliverer->run(20);

        $tries = $this->hub->batches();
        self::assertCount(7, $tries);
        self::assertCount(1, array_unique(array_column($tries, 'id')));
        self::assertCount(1, array_unique(array_column($tries, 'body')));
        self::assertCount(7, array_unique(array_map(static function (array $try): string {
            return $try['headers']['webhook-timestamp'];
        }, $tries)));
        self::assertSame([], $this->queue->dead);
        self::assertSame('', $this->queue->link(self::KEY)->notice);
        self::assertSame([], $this->queue->batches[self::KEY]);
    }

    /** @return array<string, array{Reply, string}> */
    public function troubles(): array
    {
        return [
            'no answer' => [new Reply(0, [], '', 'Connection refused'), Link::SILENT],
            'the secret is not taken' => [new Reply(401, [], '{"code":"signature"}'), Link::SIGNATURE],
            'the clock is off' => [new Reply(401, [], '{"code":"clock","server_time":"2026-11-27T12:00:00Z"}'), Link::CLOCK],
            'unknown address' => [new Reply(404, [], '{"code":"unknown"}'), Link::UNKNOWN],
            'broken' => [new Reply(500), Link::STATUS],
            'away, without a time' => [new Reply(503), Link::STATUS],
            'too many, without a time' => [new Reply(429), Link::STATUS],
            'a wall in front of the hub' => [new Reply(403, [], '<html>'), Link::STATUS],
            'somebody else answers' => [new Reply(200, [], '<html>'), Link::STATUS],
            'somebody else accepts' => [new Reply(202, [], '<html>'), Link::STATUS],
            'a redirect' => [new Reply(302, ['location' => 'https://elsewhere.example/']), Link::STATUS],
        ];
    }

    public function testWhatChangesDuringAnOutageIsCollapsedWhenItEnds(): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $this->hub->answers = [new Reply(500)];
        $this->deliverer->run(20);
        for ($i = 0; $i < 5; ++$i) {
            $this->queue->add('stock.changed', 'product', '42');
            $this->now += 10;
            $this->deliverer->run(20);
        }
        $this->now += 60;
        $this->deliverer->run(20);

        self::assertSame([['product.saved'], ['product.saved'], ['stock.changed']], array_map(static function (array $batch): array {
            return array_column($batch['events'], 'type');
        }, $this->hub->batches()));
    }

    public function testAValidCallOfTheHubEndsTheBackOff(): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $this->hub->answers = [new Reply(500)];
        $this->deliverer->run(20);
        $this->queue->calm(self::KEY);
        $this->deliverer->run(20);

        self::assertCount(2, $this->hub->batches());
    }

    public function testAClockThatIsOffIsToldInSeconds(): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $this->hub->answers = [new Reply(401, [], '{"code":"clock","server_time":' . ($this->now - 600) . '}')];
        $this->deliverer->run(20);

        self::assertSame(600, $this->queue->link(self::KEY)->skew);
    }

    public function testRefusedEventsDieAloneAndTheOthersAreDelivered(): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $this->queue->add('product.saved', 'product', '43');
        $this->hub->answers = [static function (string $id, array $events): Reply {
            return new Reply(202, [], (string) json_encode(['accepted' => 1, 'duplicate' => 0, 'refused' => [['id' => $events[1]['id'], 'says' => 'no such type']]]));
        }];
        $this->deliverer->run(20);

        self::assertSame(['43'], array_map(static function (array $dead): string {
            return $dead['event']['subject']['id'];
        }, $this->queue->dead));
        self::assertSame('no such type', $this->queue->dead[0]['says']);
        self::assertSame(2, $this->queue->link(self::KEY)->delivered, 'hello and one event');
    }

    /**
     * @dataProvider unreadable
     */
    public function testAnUnreadableMessageIsHalvedUntilOneEventIsLeftWhichDiesAfterThreeDays(int $status): void
    {
        $this->deliverer->run(20);
        for ($i = 1; $i <= 8; ++$i) {
            $this->queue->add('product.saved', 'product', (string) $i);
        }
        $refuse = static function (string $id, array $events) use ($status): ?Reply {
            return in_array('5', array_column(array_column($events, 'subject'), 'id'), true) ? new Reply($status, [], '{"says":"too odd"}') : null;
        };
        $this->hub->answers = array_fill(0, 500, $refuse);
        $this->deliverer->run(20);

        self::assertSame('', $this->queue->link(self::KEY)->notice, 'the others go on');
        self::assertCount(1, $this->queue->batches[self::KEY]);
        self::assertSame([], $this->queue->dead);
        $waits = [60, 300, 1800, 7200, 21600, 21600];
        foreach ($waits as $wait) {
            $before = count($this->hub->batches());
            $this->now += $wait - 1;
            $this->deliverer->run(20);
            $this->now += 1;
            self::assertSame($before, count($this->hub->batches()), "before $wait s");
            $this->deliverer->run(20);
            self::assertSame($before + 1, count($this->hub->batches()), "after $wait s");
        }
        $this->now += 3 * 86400;
        $this->deliverer->run(20);
        self::assertSame(['5'], array_map(static function (array $dead): string {
            return $dead['event']['subject']['id'];
        }, $this->queue->dead));
        self::assertSame('too odd', $this->queue->dead[0]['says']);
        self::assertSame([], $this->queue->batches[self::KEY]);
    }

    /** @return array<string, array{int}> */
    public function unreadable(): array
    {
        return ['too large' => [413], 'not understood' => [415], 'unreadable' => [422]];
    }

    /**
     * @dataProvider waits
     */
    public function testAWaitThatTheHubAsksForIsObeyed(int $status, string $after): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $this->hub->answers = [new Reply($status, ['retry-after' => $after])];
        $this->deliverer->run(20);
        $this->now += 6;
        $this->deliverer->run(20);
        self::assertCount(1, $this->hub->batches());
        $this->now += 1;
        $this->deliverer->run(20);
        self::assertCount(2, $this->hub->batches());
    }

    /** @return array<string, array{int, string}> */
    public function waits(): array
    {
        return ['too many' => [429, '7'], 'busy' => [503, '7'], 'a date' => [503, gmdate('D, d M Y H:i:s', 1795780807) . ' GMT']];
    }

    public function testARemovedConnectionIsLeftAloneAndNothingPilesUp(): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $this->hub->answers = [new Reply(410, [], '{"code":"removed"}')];
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '43');
        $this->now += 5 * 86400;
        $this->deliverer->run(20);

        self::assertCount(2, $this->hub->heard);
        self::assertTrue($this->queue->link(self::KEY)->isStopped);
        self::assertSame(Link::REMOVED, $this->queue->link(self::KEY)->notice);
        self::assertSame([], $this->queue->rows);
    }

    public function testWhatWaitsForAnOldUrlIsNumberedAnewForTheNextOne(): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $this->hub->answers = [new Reply(500)];
        $this->deliverer->run(20);
        $other = 'ZZZZZZZZZZZZZZZZZZZZZZ';
        $this->settings->join(WebhookUrl::parse('https://other.example/hooks/prestashop/' . $other . '#' . self::SECRET), 0, $this->now);
        $this->deliverer->run(20);

        $tries = $this->hub->batches();
        self::assertSame('https://other.example/hooks/prestashop/' . $other, $tries[1]['url']);
        self::assertNotSame($tries[0]['events'][0]['id'], $tries[1]['events'][0]['id']);
        self::assertSame(2, $tries[1]['events'][0]['seq'], 'after the new hello');
        self::assertSame('42', $tries[1]['events'][0]['subject']['id']);
    }

    public function testShopsWithUrlsOfTheirOwnHaveStreamsOfTheirOwn(): void
    {
        $config = new MemoryConfig([1, 2]);
        $this->settings = new Settings($config, new TurningCipher());
        $this->settings->join(WebhookUrl::parse(self::URL . '#' . self::SECRET), 1, $this->now);
        $second = 'ZZZZZZZZZZZZZZZZZZZZZZ';
        $this->settings->join(WebhookUrl::parse('https://hub.example/hooks/prestashop/' . $second . '#' . self::SECRET), 2, $this->now);
        $this->queue->add('product.saved', 'product', '42', '', '1,2');
        $this->queue->add('order.changed', 'order', '7', '', '2');
        $this->deliverer()->run(20);

        $sent = [];
        foreach ($this->hub->batches() as $batch) {
            foreach ($batch['events'] as $event) {
                $sent[substr($batch['url'], -22)][] = [$event['type'], $event['store'], $event['seq']];
            }
        }
        self::assertSame([
            self::KEY => [['product.saved', '1', 2]],
            $second => [['product.saved', '2', 2], ['order.changed', '2', 3]],
        ], $sent);
    }

    public function testASecondDelivererLeavesTheFirstAlone(): void
    {
        $this->queue->add('product.saved', 'product', '42');
        $this->queue->isTaken = true;

        self::assertTrue($this->deliverer->run(20)->isBusy);
        self::assertSame([], $this->hub->heard);
    }

    public function testAProcessThatDiesWhilePostingRepeatsTheSameMessage(): void
    {
        $this->deliverer->run(20);
        $this->queue->add('product.saved', 'product', '42');
        $this->hub->answers = [static function (): Reply {
            throw new \RuntimeException('killed');
        }];
        try {
            $this->deliverer->run(20);
            self::fail('it should have died');
        } catch (\RuntimeException $died) {
            $this->now += 5;
        }
        $this->deliverer()->run(20);

        $tries = $this->hub->batches();
        self::assertSame([$tries[0]['id'], $tries[0]['body']], [$tries[1]['id'], $tries[1]['body']]);
    }

    public function testNoMessageIsLargerThanTheHubTakes(): void
    {
        for ($i = 1; $i <= 100; ++$i) {
            $this->queue->add('product.saved', 'product', (string) $i);
            $this->queue->rows[$i - 1]->hint = ['text' => str_repeat('é', 5000)];
        }
        $this->deliverer->run(20);

        $sizes = array_map(static function (array $batch): int {
            return strlen($batch['body']);
        }, $this->hub->batches());
        self::assertGreaterThan(1, count($sizes));
        self::assertLessThanOrEqual(512 * 1024, max($sizes));
        self::assertCount(100, array_merge(...array_column($this->hub->batches(), 'events')));
    }
}
