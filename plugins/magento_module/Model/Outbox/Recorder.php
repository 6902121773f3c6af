<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Outbox;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Adapter\DeadlockException;
use Psr\Log\LoggerInterface;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Origin;
use Throwable;

/**
 * Writes down what happened, one plain row in whatever transaction is open, so that both stand or fall together: at its
 * end, all in one statement. Nothing here waits for the hub, and nothing here breaks the shop.
 */
class Recorder
{
    private const TABLE = 'shopbridge_outbox';
    private const ROWS_AT_ONCE = 500;

    private bool $hasComplained = false;

    public function __construct(
        private readonly ResourceConnection $resource,
        private readonly Config $config,
        private readonly Origin $origin,
        private readonly Pending $pending,
        private readonly LoggerInterface $logger
    ) {
    }

    /**
     * @param string $type event type of the plugin contract, section 2, e.g. "stock.changed"
     * @param string $kind subject.kind: product, category, order, shop, plugin
     * @param array<string, string> $hint what is known cheaply; the hub fetches the truth
     */
    public function record(
        string $type,
        string $kind,
        string $id,
        ?string $variantId = null,
        ?string $sku = null,
        ?string $store = null,
        array $hint = []
    ): void {
        $this->recordAll([$type], $kind, [['id' => $id, 'variant_id' => $variantId, 'sku' => $sku]], $store, $hint);
    }

    /**
     * The same for many subjects at once.
     *
     * @param iterable<array{id: string, variant_id?: ?string, sku?: ?string}> $subjects
     * @param array<string, string> $hint
     */
    public function recordMany(string $type, string $kind, iterable $subjects, ?string $store = null, array $hint = []): void
    {
        $this->recordAll([$type], $kind, $subjects, $store, $hint);
    }

    /**
     * The same for several types, so that one save costs one statement.
     *
     * @param string[] $types
     * @param iterable<array{id: string, variant_id?: ?string, sku?: ?string}> $subjects
     * @param array<string, string> $hint
     */
    public function recordAll(array $types, string $kind, iterable $subjects, ?string $store = null, array $hint = []): void
    {
        $this->guard(function () use ($types, $kind, $subjects, $store, $hint): void {
            $common = [
                'kind' => $kind,
                'store' => (string) $store,
                'via' => $this->origin->via(),
                'hint' => $hint === [] ? null : json_encode($hint, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE),
                'happened_at' => gmdate('Y-m-d H:i:s'),
            ];
            $isInTransaction = $this->resource->getConnection()->getTransactionLevel() > 0;
            $rows = [];
            foreach ($subjects as $subject) {
                foreach ($types as $type) {
                    $row = $common + [
                        'type' => $type,
                        'subject_id' => $subject['id'],
                        'variant_id' => (string) ($subject['variant_id'] ?? ''),
                        'sku' => (string) ($subject['sku'] ?? ''),
                    ];
                    if ($isInTransaction) {
                        $this->pending->add($this->name($row), $row, [$this, 'write']);
                    } else {
                        $rows[] = $row;
                    }
                }
                if (count($rows) >= self::ROWS_AT_ONCE) {
                    $this->insert($rows);
                    $rows = [];
                }
            }
            if ($rows !== []) {
                $this->insert($rows);
            }
        });
    }

    /**
     * What happened to products of which only the SKU is at hand: the deliverer looks up which they are.
     *
     * @param string[] $skus
     */
    public function recordSkus(string $type, array $skus): void
    {
        $this->recordMany($type, 'product', array_map(
            static fn (string $sku): array => ['id' => '', 'sku' => $sku],
            array_values(array_unique($skus))
        ));
    }

    /**
     * Writes down what a transaction collected, right before its end.
     *
     * @param non-empty-list<array<string, string|null>> $rows
     */
    public function write(array $rows): void
    {
        $this->guard(fn () => $this->insert($rows));
    }

    /**
     * Runs an observer's or a plugin's own work: nothing where nothing is to be recorded, and no mistake of ours gets out.
     *
     * @param callable(): void $work
     */
    public function guard(callable $work): void
    {
        try {
            if ($this->config->isRecording()) {
                $work();
            }
        } catch (DeadlockException $exception) {
            $this->passOn($exception);
        } catch (Throwable $exception) {
            $this->complain($exception);
        }
    }

    /**
     * @param array<string, string|null> $row
     */
    private function name(array $row): string
    {
        return implode("\n", [$row['type'], $row['kind'], $row['subject_id'] ?: $row['sku'], $row['variant_id'], $row['store'], $row['via']]);
    }

    /**
     * @param non-empty-list<array<string, string|null>> $rows
     */
    private function insert(array $rows): void
    {
        $connection = $this->resource->getConnection();
        $connection->insertMultiple($this->resource->getTableName(self::TABLE), $rows);
    }

    /**
     * In a deadlock the database has undone the shop's whole transaction; hiding that would commit the half of it.
     */
    private function passOn(DeadlockException $exception): void
    {
        if ($this->resource->getConnection()->getTransactionLevel() > 0) {
            throw $exception;
        }
        $this->complain($exception);
    }

    private function complain(Throwable $exception): void
    {
        if (!$this->hasComplained) {
            $this->hasComplained = true;
            $this->logger->error('Shopbridge: a change could not be written down.', ['exception' => $exception]);
        }
    }
}
