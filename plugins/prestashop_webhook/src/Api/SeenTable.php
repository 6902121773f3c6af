<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Api;

use Shopbridge\Core\Database;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The ids in a table, so that all PHP processes of the shop know them. Its primary key decides between two at once.
 */
final class SeenTable implements SeenCalls
{
    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    public function isNew(string $id, int $now, int $seconds): bool
    {
        $table = $this->database->table('seen');
        $this->database->run("DELETE FROM $table WHERE seen_at < " . ($now - $seconds) . ' LIMIT 200');
        $quoted = $this->database->quote(hash('sha256', $id));
        if ($this->database->run("INSERT IGNORE INTO $table (call_id, seen_at) VALUES ($quoted, $now)") === 1) {
            return true;
        }

        // Old, but not cleared away yet: taken over, by one of those who try.
        return $this->database->run("UPDATE $table SET seen_at = $now WHERE call_id = $quoted AND seen_at < " . ($now - $seconds)) === 1;
    }
}
