<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Push;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\Phrase;
use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Hub\Refused;

/**
 * The pushes that were asked for here, and how far they are: asked of the hub while they run, kept for the notice.
 */
class Tasks
{
    public const RUNNING = 'running';
    public const DONE = 'done';
    public const LOST = 'lost';
    private const TABLE = 'shopbridge_task';
    private const ENDED = ['done', 'failed', 'superseded', 'cancelled'];
    private const SHOWN = 3;

    public function __construct(
        private readonly ResourceConnection $resource,
        private readonly Client $client,
        private readonly Clock $clock
    ) {
    }

    public function add(string $taskId, string $kind, int $asked, string $by): void
    {
        // A new push puts away the notices of those that have ended.
        $this->resource->getConnection()->update(
            $this->table(),
            ['is_seen' => 1],
            ['asked_by = ?' => mb_substr($by, 0, 64), 'state <> ?' => self::RUNNING]
        );
        $this->resource->getConnection()->insert($this->table(), [
            'task_id' => $taskId,
            'kind' => $kind,
            'asked' => $asked,
            'asked_by' => mb_substr($by, 0, 64),
            'created_at' => gmdate('Y-m-d H:i:s', $this->clock->now()),
        ]);
    }

    /**
     * Those whose notice was not put away yet, newest first; what still runs is asked of the hub.
     *
     * @return list<array<string, mixed>>
     */
    public function open(string $by): array
    {
        $connection = $this->resource->getConnection();
        $rows = $connection->fetchAll(
            $connection->select()->from($this->table())
                ->where('asked_by = ?', $by)->where('is_seen = 0')->order('row_id DESC')->limit(self::SHOWN)
        );
        return array_map(fn (array $row): array => $row['state'] === self::RUNNING ? $this->refreshed($row) : $row, $rows);
    }

    /**
     * A task that was asked for here.
     *
     * @return array<string, mixed>|null
     */
    public function row(string $taskId): ?array
    {
        $connection = $this->resource->getConnection();
        $row = $connection->fetchRow($connection->select()->from($this->table())->where('task_id = ?', $taskId));
        return $row === false ? null : $row;
    }

    /**
     * Puts a notice away.
     */
    public function dismiss(string $taskId, string $by): void
    {
        $this->resource->getConnection()->update(
            $this->table(),
            ['is_seen' => 1],
            ['task_id = ?' => $taskId, 'asked_by = ?' => $by]
        );
    }

    /**
     * What the notice says.
     *
     * @param array<string, mixed> $row
     */
    public function says(array $row): Phrase
    {
        $what = self::title((string) $row['kind']);
        $asked = (int) $row['asked'];
        $ok = (int) $row['ok'];
        $bad = (int) $row['bad'];
        if ($row['state'] === self::LOST) {
            return __('%1: the hub no longer knows this task.', $what);
        }
        if ($row['state'] === self::RUNNING) {
            return __('%1: %2 of %3 products done. This may take a few minutes.', $what, $ok + $bad, $asked);
        }
        if ($bad === 0) {
            return $asked === 1 ? __('%1: the product is done.', $what) : __('%1: all %2 products are done.', $what, $asked);
        }
        return $row['reason'] === ''
            ? __('%1: %2 of %3 products are done, %4 need you.', $what, $ok, $asked, $bad)
            : __('%1: %2 of %3 products are done, %4 need you. The first reason: %5', $what, $ok, $asked, $bad, $row['reason']);
    }

    /**
     * The name of the action.
     */
    public static function title(string $kind): Phrase
    {
        return match ($kind) {
            Sender::PRICES => __('Push Price'),
            Sender::STOCK => __('Push Stock'),
            default => __('Push Product'),
        };
    }

    /**
     * @param array<string, mixed> $row
     * @return array<string, mixed>
     */
    private function refreshed(array $row): array
    {
        try {
            $task = $this->client->get('tasks/' . $row['task_id']);
        } catch (Refused) {
            return $this->kept($row, ['state' => self::LOST]);
        } catch (HubException) {
            return $row;
        }
        $progress = (array) $task['progress'];
        $has = [
            'asked' => max((int) $row['asked'], (int) $progress['asked']),
            'ok' => (int) $progress['ok'] + (int) $progress['no_change'],
            'bad' => (int) $progress['needs_attention'] + (int) $progress['failed'],
        ];
        if (in_array($task['state'], self::ENDED, true) && (int) $progress['waiting'] === 0) {
            $has['state'] = self::DONE;
            $has['asked'] = max($has['ok'] + $has['bad'], (int) $progress['asked']);
            $has['reason'] = $has['bad'] > 0 ? $this->firstReason((string) $row['task_id']) : '';
            if ($has['asked'] === 0) {
                $has = ['asked' => (int) $row['asked'], 'bad' => (int) $row['asked'], 'reason' => mb_substr((string) $task['says'], 0, 500)] + $has;
            }
        }
        return $this->kept($row, $has);
    }

    private function firstReason(string $taskId): string
    {
        try {
            foreach (['needs_attention', 'failed', 'bug', 'partly'] as $outcome) {
                $items = (array) ($this->client->get('tasks/' . $taskId . '/items', ['outcome' => $outcome, 'limit' => 1])['items'] ?? []);
                if ($items !== []) {
                    $problem = (array) ($items[0]['problems'][0] ?? []);
                    $label = ($items[0]['sku'] ?? '') ?: ($items[0]['product_id'] ?? '');
                    $says = ($problem['says'] ?? '') ?: ($items[0]['says'] ?? '');
                    return mb_substr(trim($label . ': ' . $says, ': '), 0, 500);
                }
            }
        } catch (HubException) {
            return '';
        }
        return '';
    }

    /**
     * @param array<string, mixed> $row
     * @param array<string, mixed> $changes
     * @return array<string, mixed>
     */
    private function kept(array $row, array $changes): array
    {
        $this->resource->getConnection()->update($this->table(), $changes, ['row_id = ?' => $row['row_id']]);
        return $changes + $row;
    }

    private function table(): string
    {
        return $this->resource->getTableName(self::TABLE);
    }
}
