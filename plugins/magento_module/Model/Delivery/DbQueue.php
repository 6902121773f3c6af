<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Adapter\AdapterInterface;
use Magento\Framework\DB\Select;
use Shopbridge\TikTokShop\Model\Capture\ChangeLogs;
use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Outbox\Collapser;
use Shopbridge\TikTokShop\Model\Ulid;

/**
 * The queue in the shop's database. Rows are taken one by one by their own number, so that no shopper ever waits for
 * the deliverer's locks.
 */
class DbQueue implements QueueInterface
{
    private const ROWS_AT_ONCE = 5000;
    private const OUTBOX = 'shopbridge_outbox';
    private const BATCH = 'shopbridge_batch';
    private const FAILED = 'shopbridge_failed';
    private const STATE = 'shopbridge_state';
    private const SEQ = 'seq';
    private const ADDRESS = 'seq_address';

    public function __construct(
        private readonly ResourceConnection $resource,
        private readonly ChangeLogs $changeLogs,
        private readonly Collapser $collapser,
        private readonly Parents $parents,
        private readonly Packer $packer,
        private readonly Ulid $ulid,
        private readonly Clock $clock
    ) {
    }

    /**
     * @inheritDoc
     */
    public function address(string $url): void
    {
        if ($this->kept(self::ADDRESS) === $url) {
            return;
        }
        $this->inTransaction(function (AdapterInterface $connection) use ($url): void {
            $events = [];
            foreach ($connection->fetchCol($this->waiting()) as $body) {
                array_push($events, ...json_decode((string) $body, true, 512, JSON_THROW_ON_ERROR)['events']);
            }
            $connection->delete($this->table(self::BATCH));
            $this->keep(self::SEQ, '0');
            $this->keep(self::ADDRESS, $url);
            $this->add($events);
        });
    }

    /**
     * @inheritDoc
     */
    public function fill(): int
    {
        $made = 0;
        $this->inTransaction(function (AdapterInterface $connection) use (&$made): void {
            // One snapshot for both: a change whose row is taken here has its change log read here, too.
            while ($this->changeLogs->readSome()) {
                continue;
            }
            $rows = $connection->fetchAll(
                $connection->select()->from($this->table(self::OUTBOX))->order('row_id')->limit(self::ROWS_AT_ONCE)
            );
            $events = array_map(
                fn (array $row): array => $this->event($row),
                $this->collapser->collapse($this->parents->name($rows))
            );
            $made = $this->add($events);
            foreach ($rows as $row) {
                $connection->delete($this->table(self::OUTBOX), ['row_id = ?' => $row['row_id']]);
            }
        });
        return $made;
    }

    /**
     * @inheritDoc
     */
    public function next(int $now): ?Batch
    {
        $connection = $this->resource->getConnection();
        $row = $connection->fetchRow(
            $connection->select()->from($this->table(self::BATCH))
                ->where('due_at IS NULL OR due_at <= ?', $this->sql($now))->order(['first_seq', 'batch_id'])->limit(1)
        );
        return $row === false ? null : new Batch(
            (int) $row['batch_id'],
            (string) $row['webhook_id'],
            (string) $row['body'],
            (int) $row['tries'],
            $row['first_try_at'] === null ? null : (int) strtotime($row['first_try_at'] . ' UTC')
        );
    }

    /**
     * @inheritDoc
     */
    public function tried(Batch $batch, int $now): void
    {
        $this->change($batch, [
            'tries' => $batch->tries + 1,
            'first_try_at' => $this->sql($batch->firstTryAt ?? $now),
        ]);
    }

    /**
     * @inheritDoc
     */
    public function remove(Batch $batch): void
    {
        $this->resource->getConnection()->delete($this->table(self::BATCH), ['batch_id = ?' => $batch->batchId]);
    }

    /**
     * @inheritDoc
     */
    public function halve(Batch $batch): void
    {
        $this->inTransaction(function () use ($batch): void {
            $events = $batch->events();
            $this->remove($batch);
            $middle = intdiv(count($events), 2);
            $this->write(array_slice($events, 0, $middle));
            $this->write(array_slice($events, $middle));
        });
    }

    /**
     * @inheritDoc
     */
    public function putOff(Batch $batch, int $until): void
    {
        $this->change($batch, ['due_at' => $this->sql($until)]);
    }

    /**
     * @inheritDoc
     */
    public function bury(array $refused, int $now): void
    {
        foreach ($refused as $one) {
            $this->resource->getConnection()->insert($this->table(self::FAILED), [
                'event' => json_encode($one['event'], JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE),
                'says' => mb_substr($one['says'], 0, 1000),
                'failed_at' => $this->sql($now),
            ]);
        }
    }

    /**
     * @inheritDoc
     */
    public function facts(int $now): array
    {
        $connection = $this->resource->getConnection();
        $rows = $connection->fetchRow($connection->select()->from(
            $this->table(self::OUTBOX),
            ['number' => 'COUNT(*)', 'oldest' => 'MIN(happened_at)']
        ));
        $batches = $connection->fetchRow($connection->select()->from(
            $this->table(self::BATCH),
            ['number' => 'COALESCE(SUM(events), 0)', 'oldest' => 'MIN(created_at)']
        ));
        $failed = $connection->fetchOne($connection->select()->from($this->table(self::FAILED), ['COUNT(*)']));
        $ages = [];
        foreach (array_filter([$rows['oldest'], $batches['oldest']]) as $oldest) {
            $ages[] = max(0, $now - (int) strtotime($oldest . ' UTC'));
        }
        return [
            'waiting' => (int) $rows['number'] + (int) $batches['number'],
            'oldest_s' => $ages === [] ? 0 : max($ages),
            'failed' => (int) $failed,
        ];
    }

    /**
     * @param array<string, string|null> $row of the outbox
     * @return array<string, mixed> without its number
     */
    private function event(array $row): array
    {
        $subject = ['kind' => $row['kind'], 'id' => $row['subject_id']];
        foreach (['variant_id', 'sku'] as $name) {
            if ((string) $row[$name] !== '') {
                $subject[$name] = $row[$name];
            }
        }
        $event = [
            'type' => $row['type'],
            'at' => $this->clock->rfc3339((int) strtotime($row['happened_at'] . ' UTC')),
            // Like the scope of Magento's REST routes.
            'store' => (string) $row['store'] === '' ? 'all' : $row['store'],
            'subject' => $subject,
            'via' => $row['via'],
        ];
        $hint = json_decode((string) $row['hint'], true);
        return is_array($hint) && $hint !== [] ? $event + ['hint' => $hint] : $event;
    }

    /**
     * Gives each event its id and number and puts them into messages. Within a transaction.
     *
     * @param list<array<string, mixed>> $events
     */
    private function add(array $events): int
    {
        if ($events === []) {
            return 0;
        }
        $seq = (int) $this->kept(self::SEQ, true);
        foreach ($events as $index => $event) {
            $events[$index] = ['id' => $this->ulid->make(), 'seq' => ++$seq] + $event;
        }
        $this->keep(self::SEQ, (string) $seq);
        return $this->write($events);
    }

    /**
     * @param list<array<string, mixed>> $events with ids and numbers
     */
    private function write(array $events): int
    {
        $bodies = $this->packer->pack($events);
        $index = 0;
        foreach ($bodies as $body) {
            $this->resource->getConnection()->insert($this->table(self::BATCH), [
                'webhook_id' => 'msg_' . $this->ulid->make(),
                'body' => $body['body'],
                'events' => $body['events'],
                'first_seq' => $events[$index]['seq'],
                'created_at' => $this->sql($this->clock->now()),
            ]);
            $index += $body['events'];
        }
        return count($bodies);
    }

    private function waiting(): Select
    {
        return $this->resource->getConnection()->select()->from($this->table(self::BATCH), 'body')->order(['first_seq', 'batch_id']);
    }

    /**
     * @param array<string, string|int> $values
     */
    private function change(Batch $batch, array $values): void
    {
        $this->resource->getConnection()->update($this->table(self::BATCH), $values, ['batch_id = ?' => $batch->batchId]);
    }

    private function kept(string $name, bool $isLocked = false): string
    {
        $connection = $this->resource->getConnection();
        $select = $connection->select()->from($this->table(self::STATE), 'value')->where('name = ?', $name)->forUpdate($isLocked);
        return (string) $connection->fetchOne($select);
    }

    private function keep(string $name, string $value): void
    {
        $this->resource->getConnection()->insertOnDuplicate(
            $this->table(self::STATE),
            ['name' => $name, 'value' => $value],
            ['value']
        );
    }

    /**
     * @param callable(AdapterInterface): void $work
     */
    private function inTransaction(callable $work): void
    {
        $this->changeLogs->inSnapshot($work);
    }

    private function table(string $name): string
    {
        return $this->resource->getTableName($name);
    }

    private function sql(int $seconds): string
    {
        return gmdate('Y-m-d H:i:s', $seconds);
    }
}
