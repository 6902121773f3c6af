<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Order;

use Shopbridge\Core\Database;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * One order at a time: a lock of the database's own, which goes with the connection when PHP dies.
 */
final class Lock
{
    /** @var Database */
    private $database;
    /** @var string */
    private $prefix;

    /**
     * @param string $prefix tells this shop from others on the same database server
     */
    public function __construct(Database $database, string $prefix)
    {
        $this->database = $database;
        $this->prefix = $prefix;
    }

    /**
     * Whether the lock was got within so many seconds.
     */
    public function take(string $name, int $seconds): bool
    {
        return $this->database->value('SELECT GET_LOCK(' . $this->name($name) . ', ' . $seconds . ')') === '1';
    }

    public function release(string $name): void
    {
        $this->database->value('SELECT RELEASE_LOCK(' . $this->name($name) . ')');
    }

    private function name(string $name): string
    {
        // 64 characters are the most that a lock's name may have.
        return $this->database->quote('shopbridge.' . substr(hash('sha256', $this->prefix . '.' . $name), 0, 48));
    }
}
