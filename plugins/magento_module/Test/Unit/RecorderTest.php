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
use Shopbridge\TikTokShop\Model\Outbox\Pending;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;
use Shopbridge\TikTokShop\Model\Signature;
use Shopbridge\TikTokShop\Plugin\Capture\WriteAtCommit;
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
    private Pending $pending;

    protected function setUp(): void
    {
        $this->ledger = new Ledger();
        $this->log = new Silence();
        $this->pending = new Pending();
        $this->settings = new Settings([
            Config::ENABLED => '1',
            Config::WEBHOOK_URL => 'https://hub.example/hooks/magento/AbCdEfGhIjKlMnOpQrStUv',
        ]);
    }

    public function testOneStatementWritesAllTypesOfASave(): void
    {
        $this->recorder()->recordAll(['product.saved', 'price.changed'], 'product', [['id' => '42', 'sku' => 'MUG']]);
        $this->commit();
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
        $this->commit();
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
        $this->commit();
        $recorder->record('product.saved', 'product', '2');
        $this->commit();
        $recorder->guard(static function (): void {
            throw new RuntimeException('in an observer');
        });
        self::assertCount(1, $this->log->lines);
    }

    public function testADeadlockThatUndidTheShopsTransactionIsNotHidden(): void
    {
        $this->ledger->failure = new DeadlockException('deadlock');
        $this->recorder()->record('product.saved', 'product', '1');
        $this->expectException(DeadlockException::class);
        $this->commit();
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
        $this->commit();
        self::assertSame(0, $this->ledger->statements);
    }

    public function testOneTransactionSaysAThingOnceAndTheNextOneSaysItAgain(): void
    {
        $recorder = $this->recorder();
        $recorder->record('order.changed', 'order', '7');
        $recorder->record('order.changed', 'order', '7');
        $recorder->record('order.changed', 'order', '8');
        $this->commit();
        self::assertSame(['7', '8'], array_column($this->ledger->rows, 'subject_id'));
        $recorder->record('order.changed', 'order', '7');
        $this->commit();
        self::assertSame(['7', '8', '7'], array_column($this->ledger->rows, 'subject_id'));
    }

    public function testATransactionCostsOneStatementHoweverMuchHappensInIt(): void
    {
        $recorder = $this->recorder();
        $recorder->record('order.changed', 'order', '7');
        $recorder->recordSkus('stock.changed', ['MUG', 'CUP', 'MUG']);
        $recorder->record('shipment.changed', 'order', '7');
        self::assertSame(0, $this->ledger->statements);
        $this->commit();
        self::assertSame(1, $this->ledger->statements);
        self::assertSame(['order.changed', 'stock.changed', 'stock.changed', 'shipment.changed'], array_column($this->ledger->rows, 'type'));
        self::assertSame(['', 'MUG', 'CUP', ''], array_column($this->ledger->rows, 'sku'));
    }

    public function testWhatWasUndoneIsNotWrittenDown(): void
    {
        $this->recorder()->record('order.changed', 'order', '7');
        $plugin = new WriteAtCommit($this->pending);
        $this->ledger->level = 0;
        $plugin->afterRollBack($this->ledger, null);
        $this->ledger->level = 1;
        $this->commit();
        self::assertSame(0, $this->ledger->statements);
    }

    public function testAnInnerCommitWritesNothingYet(): void
    {
        $this->recorder()->record('order.changed', 'order', '7');
        $plugin = new WriteAtCommit($this->pending);
        $this->ledger->level = 2;
        $plugin->beforeCommit($this->ledger);
        $this->ledger->level = 1;
        $plugin->afterCommit($this->ledger, null);
        self::assertSame(0, $this->ledger->statements);
        $this->commit();
        self::assertSame(['7'], array_column($this->ledger->rows, 'subject_id'));
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
        $this->commit();
        self::assertSame([3, 1200], [$this->ledger->statements, count($this->ledger->rows)]);
    }

    /**
     * As Magento's adapter calls the plugin.
     */
    private function commit(): void
    {
        $plugin = new WriteAtCommit($this->pending);
        $plugin->beforeCommit($this->ledger);
        $this->ledger->level = 0;
        $plugin->afterCommit($this->ledger, null);
        $this->ledger->level = 1;
    }

    private function recorder(?Origin $origin = null): Recorder
    {
        $config = new Config($this->settings, new WebhookUrl(new Signature()));
        $origin ??= new Origin(new AppState('adminhtml'), $this->schedule());
        return new Recorder($this->ledger, $config, $origin, $this->pending, $this->log);
    }

    private function schedule(): Schedule
    {
        return new Schedule(new Memory(), new TurnedClock());
    }
}
