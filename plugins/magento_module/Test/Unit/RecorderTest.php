<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit;

use Magento\Framework\App\State as AppState;
use Magento\Framework\DB\Adapter\DeadlockException;
use PHPUnit\Framework\TestCase;
use RuntimeException;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;
use Shopbridge\TikTokShop\Model\Hub\WebhookUrl;
use Shopbridge\TikTokShop\Model\Origin;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;
use Shopbridge\TikTokShop\Model\Outbox\Written;
use Shopbridge\TikTokShop\Model\Signature;
use Shopbridge\TikTokShop\Test\Fakes\Ledger;
use Shopbridge\TikTokShop\Test\Fakes\Memory;
use Shopbridge\TikTokShop\Test\Fakes\Settings;
use Shopbridge\TikTokShop\Test\Fakes\Silence;
use Shopbridge\TikTokShop\Test\Fakes\TurnedClock;

/**
 * @feature MOD-03
 */
class RecorderTest extends TestCase
{
    private Ledger $ledger;
    private Settings $settings;
    private Silence $log;
    private Written $written;

    protected function setUp(): void
    {
        $this->ledger = new Ledger();
        $this->log = new Silence();
        $this->written = new Written();
        $this->settings = new Settings([
            Config::ENABLED => '1',
            Config::WEBHOOK_URL => 'https://hub.example/hooks/magento/AbCdEfGhIjKlMnOpQrStUv',
        ]);
    }

    public function testOneStatementWritesAllTypesOfASave(): void
    {
        $this->recorder()->recordAll(['product.saved', 'price.changed'], 'product', [['id' => '42', 'sku' => 'MUG']]);
        self::assertSame(1, $this->ledger->statements);
        self::assertSame(['product.saved', 'price.changed'], array_column($this->ledger->rows, 'type'));
        self::assertSame(['42', '42'], array_column($this->ledger->rows, 'subject_id'));
    }

    /**
     * @dataProvider areas
     */
    public function testARowSaysWhoWroteIt(string $area, string $via): void
    {
        $this->recorder(new Origin(new AppState($area), $this->schedule()))->record('order.changed', 'order', '7');
        self::assertSame([$via], array_column($this->ledger->rows, 'via'));
    }

    /**
     * @return array<int, array{0: string, 1: string}>
     */
    public static function areas(): array
    {
        return [['adminhtml', 'admin'], ['webapi_rest', 'api'], ['frontend', 'checkout'], ['crontab', 'cron'], ['', 'unknown']];
    }

    public function testTheHubsOwnWritesAreItsEchoWhateverElseRuns(): void
    {
        $origin = new Origin(new AppState('webapi_rest'), $this->schedule());
        self::assertSame('import', $origin->during('import', static fn (): string => $origin->via()));
        self::assertSame('api', $origin->via());
        $origin->markHub();
        self::assertSame('hub', $origin->during('import', static fn (): string => $origin->via()));
    }

    public function testNoMistakeOfOursReachesTheShopAndItIsLoggedOnce(): void
    {
        $this->ledger->failure = new RuntimeException('no such table');
        $recorder = $this->recorder();
        $recorder->record('product.saved', 'product', '1');
        $recorder->record('product.saved', 'product', '2');
        $recorder->guard(static function (): void {
            throw new RuntimeException('in an observer');
        });
        self::assertCount(1, $this->log->lines);
    }

    public function testADeadlockThatUndidTheShopsTransactionIsNotHidden(): void
    {
        $this->ledger->failure = new DeadlockException('deadlock');
        $this->expectException(DeadlockException::class);
        $this->recorder()->record('product.saved', 'product', '1');
    }

    public function testADeadlockOutsideATransactionIsOursAlone(): void
    {
        $this->ledger->failure = new DeadlockException('deadlock');
        $this->ledger->level = 0;
        $this->recorder()->record('product.saved', 'product', '1');
        self::assertCount(1, $this->log->lines);
    }

    public function testNothingIsWrittenWhileTheConnectorIsOff(): void
    {
        $this->settings->values[Config::ENABLED] = '0';
        $this->recorder()->record('product.saved', 'product', '1');
        self::assertSame(0, $this->ledger->statements);
    }

    public function testOneTransactionSaysAThingOnceAndTheNextOneSaysItAgain(): void
    {
        $recorder = $this->recorder();
        $recorder->record('order.changed', 'order', '7');
        $recorder->record('order.changed', 'order', '7');
        $recorder->record('order.changed', 'order', '8');
        self::assertSame(['7', '8'], array_column($this->ledger->rows, 'subject_id'));
        $this->written->forget();
        $recorder->record('order.changed', 'order', '7');
        self::assertSame(['7', '8', '7'], array_column($this->ledger->rows, 'subject_id'));
    }

    public function testWithoutATransactionEachThingIsSaid(): void
    {
        $this->ledger->level = 0;
        $this->recorder()->record('order.changed', 'order', '7');
        $this->recorder()->record('order.changed', 'order', '7');
        self::assertCount(2, $this->ledger->rows);
    }

    public function testManySubjectsGoInFewStatements(): void
    {
        $subjects = array_map(static fn (int $id): array => ['id' => (string) $id], range(1, 1200));
        $this->recorder()->recordMany('product.saved', 'product', $subjects);
        self::assertSame([3, 1200], [$this->ledger->statements, count($this->ledger->rows)]);
    }

    private function recorder(?Origin $origin = null): Recorder
    {
        $config = new Config($this->settings, new WebhookUrl(new Signature()));
        $origin ??= new Origin(new AppState('adminhtml'), $this->schedule());
        return new Recorder($this->ledger, $config, $origin, $this->written, $this->log);
    }

    private function schedule(): Schedule
    {
        return new Schedule(new Memory(), new TurnedClock());
    }
}
