<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Order;

use Magento\Framework\DB\Adapter\DeadlockException;
use Magento\Sales\Model\Order;
use Magento\Sales\Model\Order\Item;
use Magento\Store\Api\Data\StoreInterface;
use Magento\Store\Api\StoreRepositoryInterface;
use Magento\Store\Model\StoreManagerInterface;
use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Offers\Salable;
use Shopbridge\TikTokShop\Model\Order\Builder;
use Shopbridge\TikTokShop\Model\Order\Creator;
use Shopbridge\TikTokShop\Model\Order\Description;
use Shopbridge\TikTokShop\Model\Order\Draft;
use Shopbridge\TikTokShop\Model\Order\DraftReader;
use Shopbridge\TikTokShop\Model\Order\Finder;
use Shopbridge\TikTokShop\Model\Order\Oversell;
use Shopbridge\TikTokShop\Model\Order\Products;
use Shopbridge\TikTokShop\Model\Order\Refusal;
use Shopbridge\TikTokShop\Model\Order\Sources;
use Shopbridge\TikTokShop\Model\Order\TaxRows;
use Shopbridge\TikTokShop\Model\Order\Transaction;
use Shopbridge\TikTokShop\Test\Fakes\KeyRows;
use Shopbridge\TikTokShop\Test\Fakes\Orders;
use Shopbridge\TikTokShop\Test\Fakes\Rows;

/**
 * What stands in the shop after one call and after many of the same key.
 */
class CreatorTest extends TestCase
{
    private Rows $database;
    private KeyRows $keys;
    private Orders $orders;
    private Creator $creator;

    protected function setUp(): void
    {
        $this->database = new Rows();
        $this->keys = new KeyRows($this->database);
        $transaction = new Transaction($this->database);
        $this->orders = new Orders($transaction);
        $store = new class implements StoreInterface {
            public function getId()
            {
                return 1;
            }

            public function getCode()
            {
                return 'default';
            }

            public function getWebsiteId()
            {
                return 1;
            }
        };
        $this->creator = new Creator(
            new DraftReader(),
            $this->products(),
            $this->builder(),
            $this->keys,
            $transaction,
            new Oversell(),
            $this->orders,
            $this->taxRows(),
            $this->salable(),
            $this->sources(),
            $this->description(),
            $this->finder(),
            $this->stores($store),
            $this->storeManager($store)
        );
    }

    /**
     * @feature ORD-09
     */
    public function testTheSameOrderTenTimesIsOneOrder(): void
    {
        $body = $this->body();
        $statuses = [];
        for ($time = 1; $time <= 10; $time++) {
            $answer = $this->creator->create($body);
            $statuses[] = $answer->getStatus();
            self::assertSame('1', $answer->getBody()['order_id']);
        }
        self::assertSame([201, ...array_fill(0, 9, 200)], $statuses);
        self::assertCount(1, $this->orders->placed);
        self::assertCount(count($body['lines']), $this->keys->lines);
    }

    public function testTheHistorySaysWhyAnOrderIsHeld(): void
    {
        $this->creator->create(['key' => '9001', 'hold_until' => '2026-11-20T13:00:00Z'] + $this->body());
        $this->creator->create(['key' => '9002', 'hold_until' => null, 'state' => 'paid'] + $this->body());
        [$held, $free] = array_values($this->orders->placed);
        self::assertCount(1, array_filter($held->comments, static fn (string $one): bool => str_contains($one, 'can still cancel')));
        self::assertSame([], array_filter($free->comments, static fn (string $one): bool => str_contains($one, 'can still cancel')));
    }

    public function testKeyAndOrderStandInOneTransaction(): void
    {
        $this->creator->create($this->body());
        self::assertSame([true], $this->orders->inTransaction);
    }

    public function testWherePlacingFailsTheKeyIsFreeAgain(): void
    {
        $this->orders->failure = new \RuntimeException('the shop is broken');
        try {
            $this->creator->create($this->body());
            self::fail('the failure was swallowed');
        } catch (\RuntimeException) {
            self::assertSame([], $this->database->rows);
        }
        self::assertSame(201, $this->creator->create($this->body())->getStatus());
    }

    public function testADeadlocksVictimBeginsAgain(): void
    {
        $this->orders->failure = new DeadlockException('1213');
        self::assertSame(201, $this->creator->create($this->body())->getStatus());
        self::assertCount(1, $this->orders->placed);
    }

    public function testARepeatSaysWhetherItIsTheSameAndLooksAwayFromWhatMovesByItself(): void
    {
        $body = $this->body();
        $this->creator->create($body);
        self::assertTrue($this->creator->create(array_reverse($body, true))->getBody()['same']);
        $moved = ['note' => 'x', 'state' => 'shipped', 'hold_until' => '2026-11-20T13:00:00Z', 'ship_by' => null] + $body;
        self::assertTrue($this->creator->create($moved)->getBody()['same']);
        $body['lines'][0]['title'] = 'Another title';
        self::assertFalse($this->creator->create($body)->getBody()['same']);
    }

    public function testAKeyThatIsTakenMeanwhileAnswersTheOtherOrder(): void
    {
        $other = new Order(['id' => 7]);
        $this->orders->placed[7] = $other;
        $this->keys->other = ['order_id' => 7, 'number' => '000000007'];
        $answer = $this->creator->create($this->body());
        self::assertSame([200, '7'], [$answer->getStatus(), $answer->getBody()['order_id']]);
        self::assertSame([7], array_keys($this->orders->placed));
    }

    public function testAnOrderThatWasDeletedIsNeverMadeAgain(): void
    {
        $this->creator->create($this->body());
        $this->orders->placed = [];
        try {
            $this->creator->create($this->body());
            self::fail('made again');
        } catch (Refusal $refusal) {
            self::assertSame([410, 'order_deleted', '1'], [
                $refusal->status, $refusal->body['code'], $refusal->body['order_id'],
            ]);
        }
        self::assertSame([], $this->orders->placed);
    }

    /**
     * @return array<string, mixed>
     */
    private function body(): array
    {
        return shopbridge_vectors('money')['cases'][0]['body'];
    }

    private function products(): Products
    {
        return new class extends Products {
            public function __construct()
            {
            }

            public function ofDraft(Draft $draft, StoreInterface $store): array
            {
                return [];
            }
        };
    }

    private function builder(): Builder
    {
        return new class extends Builder {
            public function __construct()
            {
            }

            public function build(Draft $draft, array $products, StoreInterface $store): Order
            {
                $order = new Order(['increment_id' => '000000001']);
                foreach ($draft->lines as $place => $line) {
                    $order->items[] = new Item(['id' => 100 + $place]);
                }
                return $order;
            }
        };
    }

    private function taxRows(): TaxRows
    {
        return new class extends TaxRows {
            public function __construct()
            {
            }

            public function write(Order $order, Draft $draft, array $taxOfItems): void
            {
            }
        };
    }

    private function salable(): Salable
    {
        return new class extends Salable {
            public function __construct()
            {
            }

            public function ofSkus(array $skus, int $websiteId): array
            {
                return [];
            }
        };
    }

    private function sources(): Sources
    {
        return new class extends Sources {
            public function __construct()
            {
            }

            public function assign(array $skus, int $websiteId): array
            {
                return [];
            }
        };
    }

    private function description(): Description
    {
        return new class extends Description {
            public function __construct()
            {
            }

            public function short(Order $order, ?array $row): array
            {
                return ['order_id' => (string) $order->getId()];
            }
        };
    }

    private function finder(): Finder
    {
        return new class ($this->orders) extends Finder {
            public function __construct(private readonly Orders $placed)
            {
            }

            public function ofRow(array $row): ?Order
            {
                return $this->placed->placed[(int) $row['order_id']] ?? null;
            }

            public function byMarker(string $key): ?Order
            {
                return null;
            }
        };
    }

    private function stores(StoreInterface $store): StoreRepositoryInterface
    {
        return new class ($store) implements StoreRepositoryInterface {
            public function __construct(private readonly StoreInterface $store)
            {
            }

            public function get($code)
            {
                return $this->store;
            }

            public function getList()
            {
                return [$this->store];
            }
        };
    }

    private function storeManager(StoreInterface $store): StoreManagerInterface
    {
        return new class ($store) implements StoreManagerInterface {
            public function __construct(private readonly StoreInterface $store)
            {
            }

            public function getDefaultStoreView()
            {
                return $this->store;
            }
        };
    }
}
