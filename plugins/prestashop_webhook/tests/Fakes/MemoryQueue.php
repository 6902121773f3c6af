<?php

declare(strict_types=1);

namespace Shopbridge\Tests\Fakes;

use Shopbridge\Outbox\Batch;
use Shopbridge\Outbox\Link;
use Shopbridge\Outbox\Queue;
use Shopbridge\Outbox\Row;

/**
 * The queue in memory. Links and messages are handed out as copies, as a database does.
 */
final class MemoryQueue implements Queue
{
    /** @var Row[] */
    public $rows = [];
    /** @var array<string, Batch[]> by link */
    public $batches = [];
    /** @var array<string, Link> */
    public $links = [];
    /** @var array<int, array{event: array<string, mixed>, says: string}> */
    public $dead = [];
    /** @var bool another process delivers */
    public $isTaken = false;
    /** @var int */
    private $number = 0;

    public function add(string $type, string $kind, string $subject, string $variant = '', string $shops = '1'): void
    {
        $this->rows[] = new Row([
            'id_outbox' => (string) ++$this->number, 'type' => $type, 'kind' => $kind, 'subject' => $subject, 'variant' => $variant, 'shops' => $shops,
            'via' => 'admin', 'happened_at' => '2026-11-21 12:00:00',
        ]);
    }

    public function lock(int $patience): bool
    {
        return !$this->isTaken;
    }

    public function unlock(): void
    {
    }

    public function settled(int $limit): array
    {
        return array_slice($this->rows, 0, $limit);
    }

    public function take(array $rows, array $batches, array $links): void
    {
        $this->rows = array_values(array_filter($this->rows, static function (Row $row) use ($rows): bool {
            return !in_array($row->id, $rows, true);
        }));
        foreach ($batches as $link => $some) {
            foreach ($some as $batch) {
                $this->keep((string) $link, $batch);
            }
        }
        array_map([$this, 'saveLink'], $links);
    }

    public function link(string $key): Link
    {
        return isset($this->links[$key]) ? clone $this->links[$key] : new Link($key);
    }

    public function saveLink(Link $link): void
    {
        $isDue = isset($this->links[$link->key]) ? $this->links[$link->key]->isHelloDue : true;
        $this->links[$link->key] = clone $link;
        $this->links[$link->key]->isHelloDue = $isDue;
    }

    public function askHello(string $key): void
    {
        $this->links[$key] = $this->link($key);
        $this->links[$key]->isHelloDue = true;
        $this->links[$key]->isStopped = false;
        $this->links[$key]->calm();
    }

    public function noteHello(string $key, bool $isDue): void
    {
        $this->links[$key] = $this->link($key);
        $this->links[$key]->isHelloDue = $isDue;
    }

    public function calm(string $key): void
    {
        $this->links[$key] = $this->link($key);
        $this->links[$key]->calm();
    }

    public function due(string $link, int $now): ?Batch
    {
        $due = array_values(array_filter($this->batches[$link] ?? [], static function (Batch $batch) use ($now): bool {
            return $batch->dueAt <= $now;
        }));
        foreach ($due as $batch) {
            if ($batch->isHello) {
                return clone $batch;
            }
        }

        return $due === [] ? null : clone $due[0];
    }

    public function saveBatch(Batch $batch): void
    {
        foreach ($this->batches as $link => $some) {
            foreach ($some as $i => $one) {
                if ($one->number === $batch->number) {
                    $this->batches[$link][$i] = clone $batch;
                }
            }
        }
    }

    public function replace(string $link, Batch $batch, array $others): void
    {
        $this->remove($link, $batch);
        foreach ($others as $other) {
            $this->keep($link, $other);
        }
    }

    public function finish(Link $link, Batch $batch, array $dead): void
    {
        $this->remove($link->key, $batch);
        $this->dead = array_merge($this->dead, $dead);
        $this->saveLink($link);
    }

    public function dropHello(string $link): void
    {
        $this->batches[$link] = array_values(array_filter($this->batches[$link] ?? [], static function (Batch $batch): bool {
            return !$batch->isHello;
        }));
    }

    public function adopt(array $used): void
    {
        foreach (array_diff(array_keys($this->batches), $used) as $orphan) {
            foreach ($this->batches[$orphan] as $batch) {
                foreach ($batch->isHello ? [] : $batch->events() as $event) {
                    $this->add($event['type'], $event['subject']['kind'], $event['subject']['id'], $event['subject']['variant_id'] ?? '', $event['store']);
                }
            }
            unset($this->batches[$orphan]);
        }
    }

    private function keep(string $link, Batch $batch): void
    {
        $batch->number = ++$this->number;
        $this->batches[$link][] = clone $batch;
    }

    private function remove(string $link, Batch $batch): void
    {
        $this->batches[$link] = array_values(array_filter($this->batches[$link], static function (Batch $one) use ($batch): bool {
            return $one->number !== $batch->number;
        }));
    }
}
