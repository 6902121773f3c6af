<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\App\ResourceConnection;
use Shopbridge\TikTokShop\Model\Api\Answer;
use Shopbridge\TikTokShop\Model\Payment\Method;

/**
 * The count of TikTok Shop orders, read from the orders themselves: one row per order, so that a key may stand twice,
 * and a row for each key whose order was deleted.
 */
class Ledger
{
    private const PAGE = 500;

    /** How the hub numbers orders that it makes without this module. */
    private const BARE_PREFIX = 'TT';

    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * @throws Refusal
     */
    public function list(string $from, string $to, string $cursor, string $limit): Answer
    {
        $since = Fields::time($from);
        $until = Fields::time($to);
        $size = $limit === '' ? self::PAGE : (ctype_digit($limit) ? min((int) $limit, self::PAGE) : 0);
        if ($since === null || $until === null || $size < 1 || ($cursor !== '' && !ctype_digit($cursor))) {
            $says = 'from and to are times such as 2026-11-20T00:00:00Z; cursor is the one answered before';
            throw Refusal::problem('malformed', '', $says);
        }
        $bounds = [$since->format('Y-m-d H:i:s'), $until->format('Y-m-d H:i:s'), (int) $cursor, $size + 1];
        $found = [...$this->orders(...$bounds), ...$this->deleted(...$bounds)];
        usort($found, static fn (array $one, array $other): int => $one['id'] <=> $other['id']);
        $page = array_slice($found, 0, $size);
        $last = end($page);
        return new Answer([
            'rows' => array_map(static fn (array $row): array => [
                (string) $row['order_key'], (string) $row['id'], (string) $row['number'], (string) $row['state'],
                Money::text(Money::ofStored($row['grand'], (string) $row['currency']), (string) $row['currency']),
            ], $page),
            'next' => count($found) > $size && $last !== false ? (string) $last['id'] : null,
        ]);
    }

    /**
     * @return list<array<string, mixed>>
     */
    private function orders(string $since, string $until, int $cursor, int $size): array
    {
        $connection = $this->resource->getConnection();
        $select = $connection->select()
            ->from(['o' => $this->resource->getTableName('sales_order')], [
                'id' => 'entity_id', 'order_key' => 'ext_order_id', 'number' => 'increment_id', 'state' => 'state',
                'grand' => 'grand_total', 'currency' => 'order_currency_code',
            ])
            ->joinLeft(['k' => $this->resource->getTableName(Keys::TABLE)], 'k.order_key = o.ext_order_id', [])
            ->joinLeft(['p' => $this->resource->getTableName('sales_order_payment')], 'p.parent_id = o.entity_id', [])
            ->where('o.ext_order_id IS NOT NULL')
            // Other extensions use the same column for their own ids.
            ->where(
                'k.order_key IS NOT NULL OR p.method = ' . $connection->quote(Method::CODE)
                . ' OR o.increment_id = CONCAT(' . $connection->quote(self::BARE_PREFIX) . ', o.ext_order_id)'
            )
            ->where('o.created_at >= ?', $since)->where('o.created_at < ?', $until)
            ->where('o.entity_id > ?', $cursor)->order('o.entity_id')->limit($size);
        return $connection->fetchAll($select);
    }

    /**
     * @return list<array<string, mixed>>
     */
    private function deleted(string $since, string $until, int $cursor, int $size): array
    {
        $connection = $this->resource->getConnection();
        $select = $connection->select()
            ->from(['k' => $this->resource->getTableName(Keys::TABLE)], [
                'id' => 'order_id', 'order_key' => 'order_key', 'number' => 'number', 'grand' => 'grand', 'currency' => 'currency',
            ])
            ->joinLeft(['o' => $this->resource->getTableName('sales_order')], 'o.entity_id = k.order_id', [])
            ->where('o.entity_id IS NULL')->where('k.order_id > ?', $cursor)
            ->where('k.created_at >= ?', $since)->where('k.created_at < ?', $until)
            ->order('k.order_id')->limit($size);
        return array_map(static fn (array $row): array => $row + ['state' => 'deleted'], $connection->fetchAll($select));
    }
}
