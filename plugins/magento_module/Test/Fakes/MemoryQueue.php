<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Shopbridge\TikTokShop\Model\Delivery\Batch;
use Shopbridge\TikTokShop\Model\Delivery\Packer;
use Shopbridge\TikTokShop\Model\Delivery\QueueInterface;
use Shopbridge\TikTokShop\Model\Outbox\Collapser;
use Shopbridge\TikTokShop\Model\Ulid;

/**
 * The queue without a database; collapsing and packing are the real ones.
 */
class MemoryQueue implements QueueInterface
{
    /** @var list<array<string, string|null>> */
    public array $rows = [];

    /** @var array<int, array{batch: Batch, due: int}> */
    public array $batches = [];

    /** @var list<array{event: array<string, mixed>, says: string}> */
    public array $buried = [];

    public int $seq = 0;
    private int $lastId = 0;

    public function __construct(private readonly Ulid $ulid)
    {
    }

    public function record(string $type, string $id, string $via = 'admin'): void
    {
        $this->rows[] = ['type' => $type, 'kind' => 'product', 'subject_id' => $id, 'variant_id' => '', 'store' => '', 'via' => $via];
    }

    public function address(string $url): void
    {
    }

    public function fill(): int
    {
        $events = [];
        foreach ((new Collapser())->collapse($this->rows) as $row) {
            $events[] = ['id' => $this->ulid->make(), 'type' => $row['type'], 'seq' => ++$this->seq,
                'subject' => ['kind' => $row['kind'], 'id' => $row['subject_id']], 'via' => $row['via']];
        }
        $this->rows = [];
        return $this->write($events);
    }

    public function next(int $now): ?Batch
    {
        $due = array_column(array_filter($this->batches, static fn (array $one): bool => $one['due'] <= $now), 'batch');
        usort($due, static fn (Batch $one, Batch $two): int => $one->events()[0]['seq'] <=> $two->events()[0]['seq']);
        return $due[0] ?? null;
    }

    public function tried(Batch $batch, int $now): void
    {
        $this->batches[$batch->batchId]['batch'] = new Batch(
            $batch->batchId,
            $batch->webhookId,
            $batch->body,
            $batch->tries + 1,
            $batch->firstTryAt ?? $now
        );
    }

    public function remove(Batch $batch): void
    {
        unset($this->batches[$batch->batchId]);
    }

    public function halve(Batch $batch): void
    {
        $events = $batch->events();
        $this->remove($batch);
        $middle = intdiv(count($events), 2);
        $this->write(array_slice($events, 0, $middle));
        $this->write(array_slice($events, $middle));
    }

    public function putOff(Batch $batch, int $until): void
    {
        $this->batches[$batch->batchId]['due'] = $until;
    }

    public function bury(array $refused, int $now): void
    {
        array_push($this->buried, ...$refused);
    }

    public function facts(int $now): array
    {
        return ['waiting' => count($this->rows) + count($this->batches), 'oldest_s' => 0, 'failed' => count($this->buried)];
    }

    /**
     * @param list<array<string, mixed>> $events
     */
    private function write(array $events): int
    {
        $bodies = (new Packer())->pack($events);
        foreach ($bodies as $body) {
            $id = ++$this->lastId;
            $this->batches[$id] = ['batch' => new Batch($id, 'msg_' . $this->ulid->make(), $body['body']), 'due' => 0];
        }
        return count($bodies);
    }
}
