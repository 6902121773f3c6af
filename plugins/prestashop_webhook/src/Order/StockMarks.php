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
 * What an order is about to take from stock, written down before the shop takes it: where PHP dies in between, it can be given
 * back to the unit. The shop takes the stock of a line before it writes the line.
 */
final class StockMarks
{
    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    /**
     * @param int $line how many lines the order has already
     */
    public function note(string $key, int $line, int $row, int $becomes): void
    {
        $this->database->run('INSERT INTO ' . $this->database->table('taking') . ' (order_key, line, id_stock_available, was, becomes) SELECT '
            . $this->database->quote($key) . ', ' . $line . ', id_stock_available, quantity, ' . $becomes . ' FROM ' . _DB_PREFIX_ . 'stock_available'
            . ' WHERE id_stock_available = ' . $row);
    }

    /**
     * Gives back what was taken for lines that were never written.
     *
     * @param int $lines how many lines the order has
     *
     * @return bool false where that cannot be told, and nothing was done
     */
    public function giveBack(string $key, int $lines): bool
    {
        $table = $this->database->table('taking');
        $where = 'order_key = ' . $this->database->quote($key) . ' AND line >= ' . $lines;
        $marks = $this->database->rows("SELECT id_stock_available, was, becomes FROM $table WHERE $where ORDER BY id_taking");
        $last = end($marks);
        $now = $last === false ? null : $this->database->value('SELECT quantity FROM ' . _DB_PREFIX_ . 'stock_available WHERE id_stock_available = '
            . (int) $last['id_stock_available']);
        $back = self::taken($marks, $now === null ? null : (int) $now);
        if ($back === null) {
            return false;
        }
        (new Transaction($this->database))->run(function () use ($back, $table, $where): void {
            foreach ($back as $row => $units) {
                $this->database->run('UPDATE ' . _DB_PREFIX_ . 'stock_available SET quantity = quantity + (' . $units . ') WHERE id_stock_available = ' . $row);
            }
            $this->database->run("DELETE FROM $table WHERE $where");
        });

        return true;
    }

    /**
     * Whether anything was taken, or about to be.
     */
    public function hasAny(string $key): bool
    {
        return $this->database->value('SELECT 1 FROM ' . $this->database->table('taking') . ' WHERE order_key = ' . $this->database->quote($key) . ' LIMIT 1') !== null;
    }

    public function forget(string $key): void
    {
        $this->database->run('DELETE FROM ' . $this->database->table('taking') . ' WHERE order_key = ' . $this->database->quote($key));
    }

    /**
     * The units that were taken from each row. Each mark but the last is followed by another, so its taking was done; whether the
     * last was, its row tells, unless somebody else changed it since.
     *
     * @param array<int, array<string, string|null>> $marks in the order in which they were made
     * @param int|null                               $now   what the last mark's row says now
     *
     * @return array<int, int>|null by row; null where it cannot be told
     */
    public static function taken(array $marks, ?int $now): ?array
    {
        $taken = [];
        foreach (array_values($marks) as $place => $mark) {
            $units = (int) $mark['was'] - (int) $mark['becomes'];
            if ($place === count($marks) - 1) {
                if ($now === (int) $mark['was']) {
                    continue;
                }
                if ($now !== (int) $mark['becomes']) {
                    return null;
                }
            }
            $row = (int) $mark['id_stock_available'];
            $taken[$row] = ($taken[$row] ?? 0) + $units;
        }

        return array_filter($taken);
    }
}
