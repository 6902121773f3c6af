<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Capture;

use Magento\Catalog\Model\Product;
use Magento\Eav\Model\Config as EavConfig;
use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Adapter\AdapterInterface;
use Magento\Framework\Mview\ViewInterfaceFactory;
use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Delivery\Skus;
use Throwable;

/**
 * Reads the change logs: what was touched and nobody wrote down becomes a row of the outbox, via "sql".
 *
 * A log's rows are taken one by one and deleted, not counted by version as Magento does: a transaction that commits
 * late leaves rows with a lower number behind, which a version would skip.
 */
class ChangeLogs
{
    public const VIEWS = ['shopbridge_product', 'shopbridge_stock', 'shopbridge_category', 'shopbridge_order'];

    private const OUTBOX = 'shopbridge_outbox';
    private const ROWS_AT_ONCE = 2000;
    /** Beyond this many lines of a log, one "catalog.changed" says it all and the hub compares. */
    private const FLOOD = ['shopbridge_product' => 20000, 'shopbridge_stock' => 5000];
    private const PRICE_ATTRIBUTES = ['price', 'special_price', 'special_from_date', 'special_to_date'];
    private const ORDER_TYPES = ['order' => 'order.changed', 'shipment' => 'shipment.changed', 'refund' => 'refund.created'];
    /** What also tells of such a change, when it waits already. */
    private const COVERS = [
        'product.saved' => ['product.saved', 'product.deleted'],
        'product.deleted' => ['product.deleted'],
        'category.saved' => ['category.saved', 'category.deleted'],
        'category.deleted' => ['category.deleted'],
        'order.changed' => ['order.changed', 'order.cancelled'],
    ];

    /** @var string[]|null */
    private ?array $enabled = null;

    /** @var int[]|null */
    private ?array $priceAttributeIds = null;

    private bool $isFlooded = false;

    public function __construct(
        private readonly ResourceConnection $resource,
        private readonly ViewInterfaceFactory $viewFactory,
        private readonly EavConfig $eavConfig,
        private readonly Clock $clock,
        private readonly Skus $skus
    ) {
    }

    /**
     * Runs work in a transaction that sees one moment of the database throughout.
     *
     * @param callable(AdapterInterface): void $work
     */
    public function inSnapshot(callable $work): void
    {
        $connection = $this->resource->getConnection();
        if ($connection->getTransactionLevel() === 0) {
            $connection->query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        }
        $connection->beginTransaction();
        try {
            $work($connection);
            $connection->commit();
        } catch (Throwable $exception) {
            $connection->rollBack();
            throw $exception;
        }
    }

    /**
     * Reads some rows of each log, within the transaction that is open. True: there may be more.
     */
    public function readSome(): bool
    {
        // A log's row is left out where one of the same subject waits already.
        $this->skus->resolve();
        $hasMore = false;
        foreach ($this->enabledViews() as $view) {
            $connection = $this->resource->getConnection();
            $log = $this->resource->getTableName($view . '_cl');
            if (isset(self::FLOOD[$view]) && !$this->isFlooded) {
                $this->lookForFlood($log, self::FLOOD[$view]);
            }
            $rows = $connection->fetchAll($connection->select()->from($log)->order('version_id')->limit(self::ROWS_AT_ONCE));
            if ($rows === []) {
                continue;
            }
            $hasMore = $hasMore || count($rows) === self::ROWS_AT_ONCE;
            $this->writeDown(match ($view) {
                'shopbridge_product' => $this->isFlooded ? [] : $this->products($rows),
                'shopbridge_stock' => $this->isFlooded ? [] : $this->stock($rows),
                'shopbridge_category' => $this->categories($rows),
                default => $this->orders($rows),
            });
            foreach ($rows as $row) {
                $connection->delete($log, ['version_id = ?' => $row['version_id']]);
            }
        }
        return $hasMore;
    }

    /**
     * The views were switched on or off.
     */
    public function forget(): void
    {
        $this->enabled = null;
    }

    /**
     * @return string[]
     */
    private function enabledViews(): array
    {
        return $this->enabled ??= array_values(array_filter(
            self::VIEWS,
            fn (string $view): bool => $this->viewFactory->create()->load($view)->isEnabled()
        ));
    }

    private function lookForFlood(string $log, int $lines): void
    {
        $connection = $this->resource->getConnection();
        $this->isFlooded = (int) $connection->fetchOne($connection->select()->from($log, ['COUNT(*)'])) > $lines;
        if ($this->isFlooded) {
            $this->insert([['catalog.changed', 'shop', 'catalog', '']]);
        }
    }

    /**
     * @param list<array<string, string|null>> $rows
     * @return array<string, array{kind: string, ids: array<int|string, string>}> SKUs by id, by type
     */
    private function products(array $rows): array
    {
        $touched = ['product.saved' => [], 'price.changed' => [], 'stock.changed' => []];
        foreach ($rows as $row) {
            $isPrice = $row['topic'] === 'price'
                || $row['topic'] === 'attribute' && in_array((int) $row['detail'], $this->priceAttributeIds(), true);
            $type = $isPrice ? 'price.changed' : ($row['topic'] === 'stock' ? 'stock.changed' : 'product.saved');
            $touched[$type][(int) $row['entity_id']] = '';
        }
        $skus = $this->skus(array_keys($touched['product.saved'] + $touched['price.changed'] + $touched['stock.changed']));
        $found = [];
        foreach ($touched as $type => $ids) {
            $found[$type] = ['kind' => 'product', 'ids' => array_intersect_key($skus, $ids)];
        }
        $found['product.deleted'] = ['kind' => 'product', 'ids' => array_diff_key($touched['product.saved'], $skus)];
        return $found;
    }

    /**
     * @param list<array<string, string|null>> $rows
     * @return array<string, array{kind: string, ids: array<int|string, string>}>
     */
    private function stock(array $rows): array
    {
        $skus = array_unique(array_filter(array_column($rows, 'detail'), static fn (?string $sku): bool => $sku !== null));
        $connection = $this->resource->getConnection();
        $found = [];
        if ($skus !== []) {
            $found = $connection->fetchPairs(
                $connection->select()->from($this->resource->getTableName('catalog_product_entity'), ['entity_id', 'sku'])
                    ->where('sku IN (?)', array_map('strval', $skus))
            );
        }
        return ['stock.changed' => ['kind' => 'product', 'ids' => $found]];
    }

    /**
     * @param list<array<string, string|null>> $rows
     * @return array<string, array{kind: string, ids: array<int|string, string>}>
     */
    private function categories(array $rows): array
    {
        $ids = array_fill_keys(array_map('intval', array_column($rows, 'entity_id')), '');
        $connection = $this->resource->getConnection();
        $there = array_fill_keys($connection->fetchCol(
            $connection->select()->from($this->resource->getTableName('catalog_category_entity'), 'entity_id')
                ->where('entity_id IN (?)', array_keys($ids))
        ), '');
        return [
            'category.saved' => ['kind' => 'category', 'ids' => array_intersect_key($ids, $there)],
            'category.deleted' => ['kind' => 'category', 'ids' => array_diff_key($ids, $there)],
        ];
    }

    /**
     * @param list<array<string, string|null>> $rows
     * @return array<string, array{kind: string, ids: array<int|string, string>}>
     */
    private function orders(array $rows): array
    {
        $found = [];
        foreach ($rows as $row) {
            $type = self::ORDER_TYPES[$row['topic']] ?? 'order.changed';
            $found[$type]['kind'] = 'order';
            $found[$type]['ids'][(int) $row['entity_id']] = '';
        }
        return $found;
    }

    /**
     * @param array<string, array{kind: string, ids: array<int|string, string>}> $found
     */
    private function writeDown(array $found): void
    {
        $connection = $this->resource->getConnection();
        foreach ($found as $type => ['kind' => $kind, 'ids' => $skus]) {
            foreach (array_chunk($skus, 500, true) as $some) {
                $waiting = array_fill_keys($connection->fetchCol(
                    $connection->select()->distinct()->from($this->resource->getTableName(self::OUTBOX), 'subject_id')
                        ->where('subject_id IN (?)', array_map('strval', array_keys($some)))
                        ->where('type IN (?)', self::COVERS[$type] ?? [$type])
                        ->where('kind = ?', $kind)
                ), true);
                $rows = [];
                foreach (array_diff_key($some, $waiting) as $id => $sku) {
                    $rows[] = [$type, $kind, (string) $id, $sku];
                }
                $this->insert($rows);
            }
        }
    }

    /**
     * @param list<array{0: string, 1: string, 2: string, 3: string}> $rows type, kind, id, SKU
     */
    private function insert(array $rows): void
    {
        if ($rows === []) {
            return;
        }
        $now = gmdate('Y-m-d H:i:s', $this->clock->now());
        $this->resource->getConnection()->insertMultiple($this->resource->getTableName(self::OUTBOX), array_map(
            static fn (array $row): array => [
                'type' => $row[0],
                'kind' => $row[1],
                'subject_id' => $row[2],
                'sku' => $row[3],
                'via' => 'sql',
                'happened_at' => $now,
            ],
            $rows
        ));
    }

    /**
     * @param int[] $ids
     * @return array<int, string> SKUs of those that exist
     */
    private function skus(array $ids): array
    {
        if ($ids === []) {
            return [];
        }
        $connection = $this->resource->getConnection();
        return $connection->fetchPairs(
            $connection->select()->from($this->resource->getTableName('catalog_product_entity'), ['entity_id', 'sku'])
                ->where('entity_id IN (?)', $ids)
        );
    }

    /**
     * @return int[]
     */
    private function priceAttributeIds(): array
    {
        return $this->priceAttributeIds ??= array_map(
            fn (string $code): int => (int) $this->eavConfig->getAttribute(Product::ENTITY, $code)->getAttributeId(),
            self::PRICE_ATTRIBUTES
        );
    }
}
