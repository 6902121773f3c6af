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

use Shopbridge\Api\Answer;
use Shopbridge\Api\Moment;
use Shopbridge\Core\Database;
use Shopbridge\Money\Amount;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `orders.list`: read from the payments themselves, one row an order, so that a key made twice would stand twice.
 */
final class ListOrders
{
    const PAGE = 500;

    /** @var Database */
    private $database;
    /** @var \DateTimeZone the shop's own, in which it writes its dates */
    private $zone;

    /** @var string their numbers, for IN () */
    private $shops;

    /**
     * @param int[] $shops those behind the Webhook URL that asks; another one's orders are another connection's
     */
    public function __construct(Database $database, \DateTimeZone $zone, array $shops)
    {
        $this->database = $database;
        $this->zone = $zone;
        $this->shops = implode(', ', array_map('intval', $shops));
    }

    /**
     * Orders made in [from, to), UTC; key rows whose order is gone as `deleted`.
     *
     * @param array<string, mixed> $given
     */
    public function run(array $given): Answer
    {
        $from = Moment::parse($given['from'] ?? null);
        $to = Moment::parse($given['to'] ?? null);
        if ($from === null || $to === null) {
            return Answer::malformed($from === null ? 'from' : 'to', 'is not an RFC 3339 time');
        }
        $after = $this->cursor($given['cursor'] ?? null);
        $limit = $given['limit'] ?? self::PAGE;
        if ($after === null || !is_numeric($limit) || (int) $limit < 1 || (int) $limit > self::PAGE) {
            return Answer::malformed($after === null ? 'cursor' : 'limit', $after === null ? 'is the one answered before' : 'is between 1 and ' . self::PAGE);
        }
        $rows = array_merge($this->orders($from, $to), $this->deleted($from, $to));
        usort($rows, static function (array $one, array $other): int {
            return [$one[0], $one[1]] <=> [$other[0], $other[1]];
        });
        $rows = array_values(array_filter($rows, static function (array $row) use ($after): bool {
            return [$row[0], $row[1]] > $after;
        }));
        $page = array_slice($rows, 0, (int) $limit);
        $last = end($page);

        return new Answer(200, [
            'rows' => array_column($page, 2),
            'next' => count($rows) > count($page) && $last !== false ? $last[0] . '.' . $last[1] : null,
        ]);
    }

    /**
     * @param mixed $cursor
     *
     * @return array{0: int, 1: int}|null
     */
    private function cursor($cursor): ?array
    {
        if ($cursor === null || $cursor === '') {
            return [0, 0];
        }

        return is_string($cursor) && preg_match('/^(\d{1,12})\.(\d{1,10})$/D', $cursor, $found) === 1 ? [(int) $found[1], (int) $found[2]] : null;
    }

    /**
     * @return array<int, array{0: int, 1: int, 2: string[]}> second, order, row
     */
    private function orders(int $from, int $to): array
    {
        // The shop's dates are local and know no zone: two hours more on both sides, and the exact moment is decided below.
        $found = $this->database->rows('SELECT o.id_order, o.reference, o.current_state, o.total_paid_tax_incl, o.date_add, c.`precision`,'
            . ' k.created_at, MIN(p.transaction_id) AS marker FROM ' . _DB_PREFIX_ . 'orders o'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'order_payment p ON p.order_reference = o.reference'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'currency c ON c.id_currency = o.id_currency'
            . ' LEFT JOIN ' . $this->database->table('orderkey') . ' k ON k.id_order = o.id_order'
            . ' WHERE o.date_add BETWEEN ' . $this->database->quote($this->local($from - 7200)) . ' AND ' . $this->database->quote($this->local($to + 7200))
            . " AND o.id_shop IN ($this->shops)"
            . " AND p.transaction_id REGEXP '^[0-9]{15,20}$'"
            . ' GROUP BY o.id_order, o.reference, o.current_state, o.total_paid_tax_incl, o.date_add, c.`precision`, k.created_at');
        $rows = [];
        foreach ($found as $row) {
            $at = (string) $row['created_at'] !== '' ? Moment::ofColumn((string) $row['created_at'])
                : (new \DateTimeImmutable((string) $row['date_add'], $this->zone))->getTimestamp();
            if ($at >= $from && $at < $to) {
                $rows[] = [$at, (int) $row['id_order'], [
                    (string) $row['marker'], (string) $row['id_order'], (string) $row['reference'], States::word((int) $row['current_state']),
                    Amount::text(Amount::ofColumn($row['total_paid_tax_incl']), min(6, (int) $row['precision'])),
                ]];
            }
        }

        return $rows;
    }

    /**
     * @return array<int, array{0: int, 1: int, 2: string[]}>
     */
    private function deleted(int $from, int $to): array
    {
        $found = $this->database->rows('SELECT k.order_key, k.id_order, k.created_at FROM ' . $this->database->table('orderkey') . ' k'
            . ' LEFT JOIN ' . _DB_PREFIX_ . "orders o ON o.id_order = k.id_order WHERE k.state = 'done' AND o.id_order IS NULL AND k.id_shop IN ($this->shops)"
            . ' AND k.created_at >= ' . $this->database->quote(Moment::column($from)) . ' AND k.created_at < ' . $this->database->quote(Moment::column($to)));

        return array_map(static function (array $row): array {
            return [Moment::ofColumn((string) $row['created_at']), (int) $row['id_order'],
                [(string) $row['order_key'], (string) $row['id_order'], '', 'deleted', '0']];
        }, $found);
    }

    private function local(int $seconds): string
    {
        return (new \DateTimeImmutable('@' . $seconds))->setTimezone($this->zone)->format('Y-m-d H:i:s');
    }
}
