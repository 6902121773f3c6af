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

use Shopbridge\Api\Moment;
use Shopbridge\Core\Database;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The key table: one row for each TikTok order that this installation was given.
 */
final class Keys
{
    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    public function find(string $key): ?Key
    {
        return $this->one('order_key = ' . $this->database->quote($key));
    }

    public function ofOrder(int $order): ?Key
    {
        return $this->one('id_order = ' . $order);
    }

    private function one(string $where): ?Key
    {
        $rows = $this->database->rows('SELECT * FROM ' . $this->database->table('orderkey') . " WHERE $where LIMIT 1");
        if ($rows === []) {
            return null;
        }
        $row = $rows[0];
        $key = new Key((string) $row['order_key'], (int) $row['id_shop'], (int) $row['id_cart'], [], Moment::ofColumn((string) $row['created_at']));
        $key->state = (string) $row['state'];
        $key->order = (int) $row['id_order'];
        $key->digest = (string) $row['digest'];
        $key->body = (array) json_decode((string) $row['body'], true);
        $key->facts = (array) json_decode((string) $row['facts'], true);

        return $key;
    }

    /**
     * Writes the row, new or known; it is there for all to see when this returns.
     */
    public function put(Key $key): void
    {
        $quote = [$this->database, 'quote'];
        $values = implode(', ', [
            $quote($key->key), $key->shop, $quote($key->state), $key->cart, $key->order, $quote($key->digest),
            $quote((string) json_encode($key->body)), $quote((string) json_encode($key->facts)), $quote(Moment::column($key->createdAt)),
        ]);
        $this->database->run('INSERT INTO ' . $this->database->table('orderkey')
            . " (order_key, id_shop, state, id_cart, id_order, digest, body, facts, created_at) VALUES ($values)"
            . ' ON DUPLICATE KEY UPDATE state = VALUES(state), id_cart = VALUES(id_cart), id_order = VALUES(id_order),'
            . ' digest = VALUES(digest), body = VALUES(body), facts = VALUES(facts), created_at = VALUES(created_at)');
    }
}
