<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit;

use Magento\Framework\App\State as AppState;
use PHPUnit\Framework\TestCase;
use RuntimeException;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;
use Shopbridge\TikTokShop\Model\Hub\WebhookUrl;
use Shopbridge\TikTokShop\Model\Origin;
use Shopbridge\TikTokShop\Model\Outbox\Pending;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;
use Shopbridge\TikTokShop\Model\Signature;
use Shopbridge\TikTokShop\Plugin\Capture\RecordStock;
use Shopbridge\TikTokShop\Plugin\Capture\WriteAtCommit;
use Shopbridge\TikTokShop\Test\Fakes\Ledger;
use Shopbridge\TikTokShop\Test\Fakes\Memory;
use Shopbridge\TikTokShop\Test\Fakes\Settings;
use Shopbridge\TikTokShop\Test\Fakes\Silence;
use Shopbridge\TikTokShop\Test\Fakes\TurnedClock;

/**
 * Stock that is reserved or taken away, in a transaction of its own or in that of the shop.
 */
class RecordStockTest extends TestCase
{
    private Ledger $ledger;
    private Settings $settings;
    private RecordStock $plugin;

    /** @var int[] at which level of transactions the shop's own work was done */
    private array $levels = [];

    protected function setUp(): void
    {
        $pending = new Pending();
        $this->ledger = new class (new WriteAtCommit($pending)) extends Ledger {
            public function __construct(private readonly WriteAtCommit $plugin)
            {
                $this->level = 0;
            }

            public function commit()
            {
                $this->plugin->beforeCommit($this);
                parent::commit();
                return $this->plugin->afterCommit($this, $this);
            }

            public function rollBack()
            {
                parent::rollBack();
                return $this->plugin->afterRollBack($this, $this);
            }
        };
        $this->settings = new Settings([
            Config::ENABLED => '1',
            Config::WEBHOOK_URL => 'https://hub.example/hooks/magento/AbCdEfGhIjKlMnOpQrStUv',
        ]);
        $config = new Config($this->settings, new WebhookUrl(new Signature()));
        $origin = new Origin(new AppState('frontend'), new Schedule(new Memory(), new TurnedClock()));
        $recorder = new Recorder($this->ledger, $config, $origin, $pending, new Silence());
        $this->plugin = new RecordStock($recorder, $config, $this->ledger);
    }

    public function testReservationAndRowAreOneTransaction(): void
    {
        $this->plugin->aroundExecute($this, $this->work(), $this->items());
        self::assertSame([1], $this->levels);
        self::assertSame([1, 0], [$this->ledger->statements, $this->ledger->level]);
        self::assertSame(['MUG', 'CUP'], array_column($this->ledger->rows, 'sku'));
    }

    public function testInsideTheShopsTransactionNoneIsAdded(): void
    {
        $this->ledger->beginTransaction();
        $this->plugin->aroundExecute($this, $this->work(), $this->items());
        self::assertSame([1], $this->levels);
        self::assertSame(0, $this->ledger->statements);
        $this->ledger->commit();
        self::assertSame(1, $this->ledger->statements);
    }

    public function testAReservationThatFailsLeavesNoRowAndItsMistakeStays(): void
    {
        try {
            $this->plugin->aroundExecute($this, static function (): void {
                throw new RuntimeException('no stock');
            }, $this->items());
            self::fail('the shop must hear of it');
        } catch (RuntimeException $exception) {
            self::assertSame('no stock', $exception->getMessage());
        }
        self::assertSame([0, 0], [$this->ledger->statements, $this->ledger->level]);
    }

    public function testWithTheConnectorOffTheShopWorksAsEver(): void
    {
        $this->settings->values[Config::ENABLED] = '0';
        $this->plugin->aroundExecute($this, $this->work(), $this->items());
        self::assertSame([0], $this->levels);
        self::assertSame(0, $this->ledger->statements);
    }

    private function work(): callable
    {
        return function (): void {
            $this->levels[] = $this->ledger->level;
        };
    }

    /**
     * @return object[]
     */
    private function items(): array
    {
        $item = static fn (string $sku): object => new class ($sku) {
            public function __construct(private readonly string $sku)
            {
            }

            public function getSku(): string
            {
                return $this->sku;
            }
        };
        return [$item('MUG'), $item('CUP'), $item('MUG')];
    }
}
