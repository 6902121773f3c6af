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
 * Reads what there is of an order in the shop's tables and in ours.
 */
final class Records
{
    /** @var Database */
    private $database;
    /** @var Keys */
    private $keys;

    public function __construct(Database $database, Keys $keys)
    {
        $this->database = $database;
        $this->keys = $keys;
    }

    /**
     * The order of a TikTok order id, by our row or else by its payment; 0 where there is none.
     */
    public function orderOf(string $key): int
    {
        $known = $this->keys->find($key);
        if ($known !== null && $known->order > 0 && $this->exists($known->order)) {
            return $known->order;
        }

        return $this->orderOfPayment($key);
    }

    /**
     * The first order that carries this TikTok order id in a payment, whoever made it.
     */
    public function orderOfPayment(string $key): int
    {
        return (int) $this->database->value('SELECT o.id_order FROM ' . _DB_PREFIX_ . 'order_payment p'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'orders o ON o.reference = p.order_reference'
            . ' WHERE p.transaction_id = ' . $this->database->quote($key) . ' ORDER BY o.id_order LIMIT 1');
    }

    public function orderOfCart(int $cart): int
    {
        return (int) $this->database->value('SELECT id_order FROM ' . _DB_PREFIX_ . 'orders WHERE id_cart = ' . $cart . ' ORDER BY id_order LIMIT 1');
    }

    public function exists(int $order): bool
    {
        return $this->database->value('SELECT 1 FROM ' . _DB_PREFIX_ . 'orders WHERE id_order = ' . $order) !== null;
    }

    public function paymentsOf(int $order): int
    {
        return (int) $this->database->value('SELECT COUNT(*) FROM ' . _DB_PREFIX_ . 'order_payment p INNER JOIN ' . _DB_PREFIX_
            . 'orders o ON o.reference = p.order_reference WHERE o.id_order = ' . $order);
    }

    public function historiesOf(int $order): int
    {
        return (int) $this->database->value('SELECT COUNT(*) FROM ' . _DB_PREFIX_ . 'order_history WHERE id_order = ' . $order);
    }

    /**
     * Whether the shop came to the end with an order: its history is the last that it writes.
     */
    public function isWhole(int $order, int $lines): bool
    {
        $row = $this->database->rows('SELECT o.current_state,'
            . ' (SELECT COUNT(*) FROM ' . _DB_PREFIX_ . 'order_detail d WHERE d.id_order = o.id_order) AS details,'
            . ' (SELECT COUNT(*) FROM ' . _DB_PREFIX_ . 'order_payment p WHERE p.order_reference = o.reference) AS payments,'
            . ' (SELECT COUNT(*) FROM ' . _DB_PREFIX_ . 'order_history h WHERE h.id_order = o.id_order) AS histories'
            . ' FROM ' . _DB_PREFIX_ . 'orders o WHERE o.id_order = ' . $order);

        return $row !== [] && (int) $row[0]['current_state'] > 0 && (int) $row[0]['current_state'] !== (int) \Configuration::get('PS_OS_ERROR')
            && (int) $row[0]['details'] >= $lines && (int) $row[0]['payments'] > 0 && (int) $row[0]['histories'] > 0;
    }

    /**
     * The TikTok order id in an order's payments; empty where there is none.
     */
    public function marker(string $reference): string
    {
        return (string) $this->database->value('SELECT transaction_id FROM ' . _DB_PREFIX_ . 'order_payment WHERE order_reference = '
            . $this->database->quote($reference) . " AND transaction_id REGEXP '^[0-9]{15,20}$' ORDER BY id_order_payment LIMIT 1");
    }

    /**
     * @return array<int, array<string, string|null>>
     */
    public function details(int $order): array
    {
        return $this->database->rows('SELECT * FROM ' . _DB_PREFIX_ . 'order_detail WHERE id_order = ' . $order . ' ORDER BY id_order_detail');
    }

    /**
     * @return array<int, array<string, string|null>>
     */
    public function carriers(int $order): array
    {
        return $this->database->rows('SELECT oc.*, c.name, c.id_reference FROM ' . _DB_PREFIX_ . 'order_carrier oc'
            . ' LEFT JOIN ' . _DB_PREFIX_ . 'carrier c ON c.id_carrier = oc.id_carrier WHERE oc.id_order = ' . $order . ' ORDER BY oc.id_order_carrier');
    }

    /**
     * @return array<int, array<string, string|null>> what the hub shipped, by our own rows
     */
    public function parcels(int $order): array
    {
        return $this->database->rows('SELECT p.*, oc.tracking_number FROM ' . $this->database->table('parcel') . ' p LEFT JOIN ' . _DB_PREFIX_
            . 'order_carrier oc ON oc.id_order_carrier = p.id_order_carrier WHERE p.id_order = ' . $order . ' ORDER BY p.id_parcel');
    }

    /**
     * @return array<int, array<string, string|null>> what the hub refunded, by our own rows
     */
    public function refunds(int $order): array
    {
        return $this->database->rows('SELECT * FROM ' . $this->database->table('refund') . ' WHERE id_order = ' . $order . ' ORDER BY id_refund');
    }
}
