<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Outbox;

use Shopbridge\Core\Database;
use Shopbridge\Core\DatabaseFailed;
use Shopbridge\Event\Recorder;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The queue in the shop's own database.
 */
final class MysqlQueue implements Queue
{
    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    public function lock(int $patience): bool
    {
        return $this->database->value('SELECT GET_LOCK(' . $this->lockName() . ', ' . $patience . ')') === '1';
    }

    public function unlock(): void
    {
        $this->database->value('SELECT RELEASE_LOCK(' . $this->lockName() . ')');
    }

    public function settled(int $limit): array
    {
        // Plain reads: a locking one would make the shop's own requests wait at their inserts.
        try {
            $open = $this->database->rows('SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()');
            $isOver = $open === [] ? '1 = 1' : 'request NOT IN (' . implode(', ', array_map('intval', array_column($open, 'id'))) . ')';
        } catch (DatabaseFailed $hidden) {
            $isOver = 'request = 0';
        }

        return array_map(static function (array $given): Row {
            return new Row($given);
        }, $this->database->rows('SELECT * FROM ' . $this->database->table('outbox') . ' WHERE ' . $isOver
            . ' OR happened_at < UTC_TIMESTAMP() - INTERVAL ' . Recorder::SETTLED . ' SECOND ORDER BY id_outbox LIMIT ' . $limit));
    }

    public function take(array $rows, array $batches, array $links): void
    {
        $this->together(function () use ($rows, $batches, $links): void {
            foreach ($batches as $link => $some) {
                foreach ($some as $batch) {
                    $this->insert((string) $link, $batch);
                }
            }
            foreach ($links as $link) {
                $this->saveLink($link);
            }
            foreach (array_chunk($rows, 500) as $ids) {
                $this->database->run('DELETE FROM ' . $this->database->table('outbox') . ' WHERE id_outbox IN (' . implode(',', array_map('intval', $ids)) . ')');
            }
        });
    }

    public function link(string $key): Link
    {
        $link = new Link($key);
        $rows = $this->database->rows('SELECT * FROM ' . $this->database->table('link') . ' WHERE link = ' . $this->database->quote($key));
        if ($rows === []) {
            return $link;
        }
        $row = $rows[0];
        $link->seq = (int) $row['seq'];
        $link->isHelloDue = (bool) $row['hello_due'];
        $link->helloAt = self::unix($row['hello_at']);
        $link->steps = (int) $row['steps'];
        $link->notBefore = self::unix($row['not_before']);
        $link->isStopped = (bool) $row['is_stopped'];
        $link->notice = (string) $row['notice'];
        $link->noticeSays = (string) $row['notice_says'];
        $link->skew = (int) $row['skew'];
        $link->deliveredAt = self::unix($row['delivered_at']);
        $link->delivered = (int) $row['delivered'];
        $link->apiUrl = (string) $row['api_url'];
        $link->apiToken = (string) $row['api_token'];
        $link->apiExpiresAt = self::unix($row['api_expires_at']);

        return $link;
    }

    public function saveLink(Link $link): void
    {
        $values = [
            'seq' => (string) $link->seq,
            'hello_at' => $this->moment($link->helloAt),
            'steps' => (string) $link->steps,
            'not_before' => $this->moment($link->notBefore),
            'is_stopped' => $link->isStopped ? '1' : '0',
            'notice' => $this->database->quote($link->notice),
            'notice_says' => $this->database->quote($link->noticeSays),
            'skew' => (string) $link->skew,
            'delivered_at' => $this->moment($link->deliveredAt),
            'delivered' => (string) $link->delivered,
            'api_url' => $this->database->quote($link->apiUrl),
            'api_token' => $this->database->quote($link->apiToken),
            'api_expires_at' => $this->moment($link->apiExpiresAt),
        ];
        $set = [];
        foreach ($values as $name => $value) {
            $set[] = $name . ' = ' . $value;
        }
        $this->database->run('INSERT INTO ' . $this->database->table('link') . ' SET link = ' . $this->database->quote($link->key) . ', ' . implode(', ', $set)
            . ' ON DUPLICATE KEY UPDATE ' . implode(', ', $set));
    }

    public function askHello(string $key): void
    {
        $this->database->run('INSERT INTO ' . $this->database->table('link') . ' SET link = ' . $this->database->quote($key)
            . ", hello_due = 1 ON DUPLICATE KEY UPDATE hello_due = 1, is_stopped = 0, steps = 0, not_before = NULL, notice = '', notice_says = ''");
    }

    public function noteHello(string $key, bool $isDue): void
    {
        $set = 'hello_due = ' . ($isDue ? 1 : 0);
        $this->database->run('INSERT INTO ' . $this->database->table('link') . ' SET link = ' . $this->database->quote($key) . ", $set ON DUPLICATE KEY UPDATE $set");
    }

    public function calm(string $key): void
    {
        $this->database->run('UPDATE ' . $this->database->table('link') . " SET steps = 0, not_before = NULL, notice = '', notice_says = '' WHERE link = "
            . $this->database->quote($key) . ' AND not_before IS NOT NULL');
    }

    public function due(string $link, int $now): ?Batch
    {
        $due = $now === PHP_INT_MAX ? '' : ' AND (due_at IS NULL OR due_at <= ' . $this->moment($now) . ')';
        $rows = $this->database->rows('SELECT * FROM ' . $this->database->table('batch') . ' WHERE link = ' . $this->database->quote($link) . $due
            . ' ORDER BY is_hello DESC, id_batch LIMIT 1');

        return $rows === [] ? null : self::batch($rows[0]);
    }

    public function saveBatch(Batch $batch): void
    {
        $this->database->run('UPDATE ' . $this->database->table('batch') . ' SET tries = ' . $batch->tries . ', first_try_at = ' . $this->moment($batch->firstTryAt)
            . ', due_at = ' . $this->moment($batch->dueAt) . ' WHERE id_batch = ' . $batch->number);
    }

    public function replace(string $link, Batch $batch, array $others): void
    {
        $this->together(function () use ($link, $batch, $others): void {
            foreach ($others as $other) {
                $this->insert($link, $other);
            }
            $this->remove($batch);
        });
    }

    public function finish(Link $link, Batch $batch, array $dead): void
    {
        $this->together(function () use ($link, $batch, $dead): void {
            foreach ($dead as $one) {
                $this->database->run('INSERT INTO ' . $this->database->table('dead') . ' (link, event, says, died_at) VALUES ('
                    . $this->database->quote($link->key) . ', ' . $this->database->quote((string) json_encode($one['event'])) . ', '
                    . $this->database->quote(mb_substr($one['says'], 0, 1000)) . ', UTC_TIMESTAMP())');
            }
            $this->remove($batch);
            $this->saveLink($link);
        });
    }

    public function dropHello(string $link): void
    {
        $this->database->run('DELETE FROM ' . $this->database->table('batch') . ' WHERE is_hello = 1 AND link = ' . $this->database->quote($link));
    }

    public function adopt(array $used): void
    {
        $names = array_map([$this->database, 'quote'], $used);
        $rows = $this->database->rows('SELECT * FROM ' . $this->database->table('batch') . ($names === [] ? '' : ' WHERE link NOT IN (' . implode(', ', $names) . ')')
            . ' ORDER BY id_batch');
        if ($rows === []) {
            return;
        }
        $this->together(function () use ($rows): void {
            foreach ($rows as $row) {
                $batch = self::batch($row);
                foreach ($batch->isHello ? [] : $batch->events() as $event) {
                    $this->append($event);
                }
                $this->remove($batch);
            }
        });
    }

    /**
     * An event becomes a row again, to be numbered anew.
     *
     * @param array<string, mixed> $event as it was posted
     */
    public function append(array $event): void
    {
        $subject = $event['subject'];
        $values = array_map([$this->database, 'quote'], [
            (string) $event['type'], (string) $subject['kind'], (string) $subject['id'], (string) ($subject['variant_id'] ?? ''), (string) ($subject['sku'] ?? ''),
            (string) $event['store'], (string) $event['via'], isset($event['hint']) ? (string) json_encode($event['hint']) : '',
            gmdate('Y-m-d H:i:s', (int) strtotime((string) $event['at'])),
        ]);
        $this->database->run('INSERT INTO ' . $this->database->table('outbox') . ' (type, kind, subject, variant, sku, shops, via, hint, happened_at) VALUES ('
            . implode(', ', $values) . ')');
    }

    private function insert(string $link, Batch $batch): void
    {
        $this->database->run('INSERT INTO ' . $this->database->table('batch') . ' (link, webhook_id, body, events, is_hello, oldest_at) VALUES ('
            . $this->database->quote($link) . ', ' . $this->database->quote($batch->webhookId) . ', ' . $this->database->quote($batch->body) . ', '
            . $batch->events . ', ' . ($batch->isHello ? 1 : 0) . ', ' . $this->moment($batch->oldestAt) . ')');
    }

    private function remove(Batch $batch): void
    {
        $this->database->run('DELETE FROM ' . $this->database->table('batch') . ' WHERE id_batch = ' . $batch->number);
    }

    private function together(callable $work): void
    {
        $this->database->run('START TRANSACTION');
        try {
            $work();
            $this->database->run('COMMIT');
        } catch (\Throwable $failure) {
            $this->database->run('ROLLBACK');
            throw $failure;
        }
    }

    /**
     * @param array<string, string|null> $row
     */
    private static function batch(array $row): Batch
    {
        $batch = new Batch((string) $row['webhook_id'], (string) $row['body'], (int) $row['events'], (bool) $row['is_hello'], self::unix($row['oldest_at']));
        $batch->number = (int) $row['id_batch'];
        $batch->tries = (int) $row['tries'];
        $batch->firstTryAt = self::unix($row['first_try_at']);
        $batch->dueAt = self::unix($row['due_at']);

        return $batch;
    }

    private function lockName(): string
    {
        // GET_LOCK is the whole server's, which may hold several shops.
        return "CONCAT('shopbridge_', MD5(CONCAT(DATABASE(), " . $this->database->quote(_DB_PREFIX_) . ')))';
    }

    private function moment(int $unix): string
    {
        return $unix === 0 ? 'NULL' : "'" . gmdate('Y-m-d H:i:s', $unix) . "'";
    }

    private static function unix(?string $moment): int
    {
        return $moment === null || $moment === '' ? 0 : (int) strtotime($moment . ' UTC');
    }
}
