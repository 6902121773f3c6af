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

    /**
     * Does something while nobody else of ours does anything of this name, beside a lock that is held already. A database from before
     * MySQL 5.7.5 and MariaDB 10.0.2 can't hold two: it would let go of the first, so there it is done without.
     *
     * @return mixed what `do` answers, or null where the lock could not be got within so many seconds
     */
    public function beside(string $name, int $seconds, callable $do)
    {
        if (!self::canHoldTwo((string) $this->database->value('SELECT VERSION()'))) {
            return $do();
        }
        if (!$this->take($name, $seconds)) {
            return null;
        }
        try {
            return $do();
        } finally {
            $this->release($name);
        }
    }

    /**
     * @param string $version as the server names itself, such as `10.11.6-MariaDB` or `5.6.51-log`
     */
    public static function canHoldTwo(string $version): bool
    {
        $number = (string) preg_replace('/^5\.5\.5-(?=\d+\.\d+\.\d+-MariaDB)|[^0-9.].*$/', '', $version);

        return version_compare($number, stripos($version, 'mariadb') === false ? '5.7.5' : '10.0.2', '>=');
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
