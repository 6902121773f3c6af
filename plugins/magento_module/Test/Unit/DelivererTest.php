<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Delivery\Deliverer;
use Shopbridge\TikTokShop\Model\Delivery\Notice;
use Shopbridge\TikTokShop\Model\Delivery\Packer;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;
use Shopbridge\TikTokShop\Model\Hub\Breaker;
use Shopbridge\TikTokShop\Model\Hub\HttpAnswer;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Hub\NotPaired;
use Shopbridge\TikTokShop\Model\Hub\Session;
use Shopbridge\TikTokShop\Model\Hub\WebhookUrl;
use Shopbridge\TikTokShop\Model\Pairing;
use Shopbridge\TikTokShop\Model\Signature;
use Shopbridge\TikTokShop\Model\Ulid;
use Shopbridge\TikTokShop\Test\Fakes\FewFacts;
use Shopbridge\TikTokShop\Test\Fakes\Lock;
use Shopbridge\TikTokShop\Test\Fakes\Memory;
use Shopbridge\TikTokShop\Test\Fakes\MemoryQueue;
use Shopbridge\TikTokShop\Test\Fakes\NoCapture;
use Shopbridge\TikTokShop\Test\Fakes\Reversing;
use Shopbridge\TikTokShop\Test\Fakes\Settings;
use Shopbridge\TikTokShop\Test\Fakes\Silence;
use Shopbridge\TikTokShop\Test\Fakes\TurnedClock;
use Shopbridge\TikTokShop\Test\Fakes\Wire;

/**
 * What each answer of the hub means to the queue (plugin contract, section 2), and hello (section 4).
 *
 * @feature MOD-03
 */
class DelivererTest extends TestCase
{
    private const URL = 'https://hub.example/hooks/magento/AbCdEfGhIjKlMnOpQrStUv';
    private const SECRET = 'whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';

    private TurnedClock $clock;
    private Memory $memory;
    private MemoryQueue $queue;
    private Schedule $schedule;
    private Session $session;
    private Wire $wire;
    private Settings $settings;
    private Lock $lock;
    private NoCapture $capture;
    private Config $config;
    private Pairing $pairing;
    private Deliverer $deliverer;

    protected function setUp(): void
    {
        $this->clock = new TurnedClock();
        $this->memory = new Memory();
        $this->schedule = new Schedule($this->memory, $this->clock);
        $this->session = new Session($this->memory, new Reversing());
        $this->wire = new Wire(self::SECRET);
        $this->lock = new Lock();
        $this->capture = new NoCapture();
        $ulid = new Ulid($this->clock);
        $this->queue = new MemoryQueue($ulid);
        $signature = new Signature();
        $this->settings = new Settings([Config::ENABLED => '1', Config::WEBHOOK_URL => self::URL, Config::SECRET => self::SECRET]);
        $this->config = new Config($this->settings, new WebhookUrl($signature));
        $this->pairing = new Pairing(
            $this->config,
            new FewFacts(),
            $this->session,
            $this->schedule,
            new Notice(),
            $this->wire,
            $signature,
            new Packer(),
            $ulid,
            $this->memory,
            $this->clock,
            new Breaker($this->memory, $this->clock)
        );
        $this->deliverer = new Deliverer(
            $this->config,
            $this->queue,
            $this->schedule,
            new Notice(),
            $this->wire,
            $signature,
            $this->pairing,
            $this->capture,
            $this->clock,
            $this->lock,
            new Silence()
        );
    }

    public function testAcceptedEventsAreGoneAndWereSignedByTheRightKey(): void
    {
        $this->queue->record('product.saved', '1');
        $this->deliverer->run();
        [$sent] = $this->wire->batches();
        $signature = new Signature();
        self::assertSame([self::URL, 'POST'], [$sent['url'], $sent['method']]);
        self::assertTrue($signature->isSigned($signature->keys(self::SECRET)['k1'], $sent['headers'], $sent['body']));
        self::assertStringNotContainsString(self::SECRET, $sent['url'] . $sent['body'] . implode('', $sent['headers']));
        self::assertSame('magento/1.0.0', json_decode($sent['body'], true)['plugin']);
        self::assertSame(0, $this->queue->facts(0)['waiting']);
    }

    public function testARefusedEventIsSetAsideAlone(): void
    {
        $this->queue->record('product.saved', '1');
        $this->queue->record('product.saved', '2');
        $this->queue->fill();
        $events = $this->queue->next(PHP_INT_MAX)->events();
        $this->wire->answers = [new HttpAnswer(202, json_encode(['refused' => [['id' => $events[1]['id'], 'says' => 'no']]]))];
        $result = $this->deliverer->run();
        self::assertSame([['event' => $events[1], 'says' => 'no']], $this->queue->buried);
        self::assertSame([2, 1, 0], [$result->events, $result->refused, count($this->queue->batches)]);
    }

    /**
     * @dataProvider outages
     */
    public function testAnOutageKeepsTheRowsAndBacksOffTheWholeQueue(HttpAnswer $answer, string $notice): void
    {
        $this->queue->record('product.saved', '1');
        $this->queue->fill();
        $this->queue->record('product.saved', '2');
        $waits = [];
        $this->pairing->hello();
        for ($try = 0; $try < 6; $try++) {
            $this->wire->answers = [$answer];
            $this->deliverer->run();
            self::assertCount($try + 1, $this->wire->batches(), 'one try, and nothing else goes out');
            $waits[] = $this->schedule->notBefore() - $this->clock->at;
            $this->clock->at = $this->schedule->notBefore();
        }
        self::assertSame([60, 120, 240, 480, 900, 900], $waits);
        self::assertSame($notice, $this->schedule->notice());
        $this->clock->at += 86400 * 30;
        $this->deliverer->run();
        self::assertSame([[], 0], [$this->queue->buried, $this->queue->facts(0)['waiting']]);
        self::assertSame('', $this->schedule->notice());
    }

    /**
     * @return array<string, array{0: HttpAnswer, 1: string}>
     */
    public static function outages(): array
    {
        return [
            'no answer' => [new HttpAnswer(0), Notice::SILENT],
            'our secret is not known' => [new HttpAnswer(401, '{"code":"signature"}'), Notice::SECRET],
            'our clock is wrong' => [new HttpAnswer(401, '{"code":"clock","server_time":1}'), Notice::CLOCK],
            'the address is not known' => [new HttpAnswer(404), Notice::UNKNOWN],
            'a failure' => [new HttpAnswer(500), Notice::FAILING],
            'busy, without saying how long' => [new HttpAnswer(503), Notice::FAILING],
            'a redirect' => [new HttpAnswer(301), Notice::FAILING],
        ];
    }

    public function testATryAgainHasTheSameIdAndBodyAndANewSignature(): void
    {
        $this->queue->record('product.saved', '1');
        $this->wire->answers = [new HttpAnswer(0)];
        $this->deliverer->run();
        $this->queue->record('product.saved', '1');
        $this->clock->at += 60;
        $this->deliverer->run();
        [$first, $second, $third] = $this->wire->batches();
        self::assertSame($first['body'], $second['body']);
        self::assertSame($first['headers']['webhook-id'], $second['headers']['webhook-id']);
        self::assertNotSame($first['headers']['webhook-signature'], $second['headers']['webhook-signature']);
        self::assertNotSame($first['headers']['webhook-id'], $third['headers']['webhook-id'], 'a later save is a new event');
        self::assertSame([1, 1, 2], array_column($this->wire->events(), 'seq'));
    }

    public function testACallOfTheHubEndsTheBackOff(): void
    {
        $this->queue->record('product.saved', '1');
        $this->wire->answers = [new HttpAnswer(0)];
        $this->deliverer->run();
        self::assertFalse($this->schedule->isOpen());
        $this->schedule->heardHub();
        self::assertTrue($this->schedule->isOpen());
    }

    /**
     * @dataProvider unreadable
     */
    public function testAnUnreadableBatchIsHalvedDownToTheOneThatIsToBlame(int $status): void
    {
        foreach (['1', '2', '3', '4'] as $id) {
            $this->queue->record('product.saved', $id);
        }
        $no = new HttpAnswer($status, '{"says":"what is this"}');
        $yes = new HttpAnswer(202, '{}');
        $this->wire->answers = [$no, $no, $no, $yes, $yes];
        $this->deliverer->run();
        self::assertCount(1, $this->queue->batches);
        self::assertSame([], $this->queue->buried);
        $waits = [];
        for ($try = 0; $try < 20 && $this->queue->buried === []; $try++) {
            $due = reset($this->queue->batches)['due'];
            $waits[] = $due - $this->clock->at;
            $this->clock->at = $due;
            $this->wire->answers = [$no];
            $this->deliverer->run();
        }
        self::assertSame([60, 300, 1800, 7200, 21600, 21600], array_slice($waits, 0, 6));
        self::assertGreaterThanOrEqual(3 * 86400, array_sum($waits));
        self::assertSame(['what is this'], array_column($this->queue->buried, 'says'));
        self::assertSame([], $this->queue->batches);
    }

    /**
     * @return array<int, array{0: int}>
     */
    public static function unreadable(): array
    {
        return [413 => [413], 415 => [415], 422 => [422]];
    }

    public function testRetryAfterIsObeyed(): void
    {
        foreach ([429, 503] as $status) {
            $this->queue->record('product.saved', '1');
            $this->wire->answers = [new HttpAnswer($status, '', ['retry-after' => '17'])];
            $this->deliverer->run();
            self::assertSame(17, $this->schedule->notBefore() - $this->clock->at);
            self::assertFalse($this->schedule->isOpen());
            $this->clock->at += 17;
            self::assertTrue($this->schedule->isOpen());
        }
    }

    public function testARemovedConnectionStopsUntilTheSettingsChange(): void
    {
        $this->queue->record('product.saved', '1');
        $this->wire->answers = [new HttpAnswer(410, '{"code":"removed"}')];
        $this->deliverer->run();
        $this->clock->at += 86400 * 10;
        $this->deliverer->run();
        self::assertCount(1, $this->wire->batches());
        self::assertSame(Notice::REMOVED, $this->schedule->notice());
        $this->settings->values[Config::WEBHOOK_URL] = 'https://hub.example/hooks/magento/ZbCdEfGhIjKlMnOpQrStUv';
        $this->deliverer->run();
        self::assertCount(2, $this->wire->batches());
    }

    public function testAtMostAHundredEventsGoInOneMessage(): void
    {
        for ($id = 1; $id <= 250; $id++) {
            $this->queue->record('product.saved', (string) $id);
        }
        $this->deliverer->run();
        $sizes = array_map(static fn (array $one): int => count(json_decode($one['body'], true)['events']), $this->wire->batches());
        self::assertSame([100, 100, 50], $sizes);
        self::assertSame(range(1, 250), array_column($this->wire->events(), 'seq'));
        self::assertCount(250, array_unique(array_column($this->wire->events(), 'id')));
    }

    public function testAMessageStaysBelowHalfAMegabyte(): void
    {
        $events = array_fill(0, 60, ['id' => 'x', 'hint' => ['note' => str_repeat('é', 10000)]]);
        $bodies = (new Packer())->pack($events);
        self::assertSame(60, array_sum(array_column($bodies, 'events')));
        self::assertLessThanOrEqual(Packer::MOST_BYTES, max(array_map('strlen', array_column($bodies, 'body'))));
        self::assertCount(3, $bodies);
    }

    public function testTwoRunsDoNotDeliverAtOnce(): void
    {
        $this->lock->held['shopbridge_deliverer'] = true;
        $this->queue->record('product.saved', '1');
        self::assertFalse($this->deliverer->run()->hadLock);
        self::assertSame([], $this->wire->sent);
    }

    public function testNothingIsSentAndNoChangeLogIsWantedWhileTheConnectorIsOff(): void
    {
        $this->settings->values[Config::ENABLED] = '0';
        $this->queue->record('product.saved', '1');
        $this->deliverer->run();
        self::assertSame([[], false, []], [$this->wire->sent, $this->capture->isWanted, $this->lock->held]);
    }

    public function testTheAppWayNamesItsKeyAndSignsWithTheSecretAsShown(): void
    {
        $secret = 'q7m2ZtR0vB5nK8xW1cY4dF6gH9jL3pSa';
        $this->settings->values = [Config::ENABLED => '1', Config::WEBHOOK_URL => 'https://hub.example',
            Config::APP_KEY => 'consumer', Config::APP_SECRET => $secret];
        $this->queue->record('product.saved', '1');
        $this->session->keep($this->config->endpoint(), ['api_url' => 'https://hub.example/api/v1', 'api_token' => 't']);
        $this->memory->set('hello_said', (string) $this->clock->at);
        $this->deliverer->run();
        [$sent] = $this->wire->batches();
        self::assertSame('https://hub.example/hooks/magento', $sent['url']);
        self::assertSame('consumer', $sent['headers']['x-shopbridge-app-key']);
        self::assertTrue((new Signature())->isSigned($secret, $sent['headers'], $sent['body']));
    }

    public function testHelloPairsAndItsTokenIsKeptEncrypted(): void
    {
        $answer = $this->pairing->hello();
        self::assertSame(['id' => '1', 'name' => 'Shop'], $answer['connection']);
        self::assertArrayNotHasKey('api_token', $answer);
        self::assertSame('sbp_1', $this->session->access($this->config->endpoint())['token']);
        self::assertStringNotContainsString('sbp_1', implode('', $this->memory->values));
        $event = json_decode($this->wire->sent[0]['body'], true)['events'][0];
        self::assertSame(['plugin.hello', ['plugin_version' => '1.0.0']], [$event['type'], $event['hint']]);
    }

    public function testHelloIsSaidDailyAndForNewSettings(): void
    {
        self::assertTrue($this->pairing->isDue());
        $this->pairing->hello();
        self::assertFalse($this->pairing->isDue());
        $this->clock->at += 86400;
        self::assertTrue($this->pairing->isDue());
        $this->pairing->hello();
        $this->settings->values[Config::SECRET] = 'whsec_IPZl991MSWdyQQuB0UBeQsDTDUtd9LHKOzw8drkqPnU=';
        self::assertTrue($this->pairing->isDue());
    }

    /**
     * @dataProvider forged
     * @param array<string, string> $headers
     */
    public function testAnAnswerToHelloThatIsNotTheHubsIsNotBelieved(array $headers): void
    {
        $this->wire->helloAnswer = new HttpAnswer(200, '{"api_url":"https://evil.example","api_token":"x"}', $headers);
        try {
            $this->pairing->hello();
            self::fail('the forged answer was believed');
        } catch (NotPaired $exception) {
            self::assertStringContainsString('not the hub', $exception->getMessage());
        }
        self::assertNull($this->session->access($this->config->endpoint()));
        self::assertFalse($this->schedule->isOpen());
    }

    /**
     * @return array<string, array{0: array<string, string>}>
     */
    public static function forged(): array
    {
        return [
            'no signature' => [[]],
            'another id' => [['webhook-id' => 'msg_other', 'webhook-timestamp' => '1', 'webhook-signature' => 'v1,AAAA']],
        ];
    }

    public function testAHelloThatWasHeardBeforeIsSaidAnewWithAnotherId(): void
    {
        $this->wire->helloAnswer = new HttpAnswer(409, '{"code":"replayed"}');
        try {
            $this->pairing->hello();
            self::fail('409 is no pairing');
        } catch (HubException) {
            $ids = array_map(static fn (array $one): string => $one['headers']['webhook-id'], $this->wire->sent);
            self::assertCount(2, array_unique($ids));
        }
    }
}
