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
 * The stock movements of a shipped order. Outside its back office PrestaShop 8 and 9 move the stock but write no movement, as they
 * look for it in a container that only the back office has.
 */
final class Movements
{
    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    /**
     * Writes what is missing, once for each line.
     *
     * @param array<int, array<string, string|null>> $details
     */
    public function complete(\Order $order, array $details): void
    {
        $reason = (int) \Configuration::get('PS_STOCK_CUSTOMER_ORDER_REASON');
        foreach ($details as $detail) {
            $units = (int) $detail['product_quantity'] - (int) $detail['product_quantity_refunded'] - (int) $detail['product_quantity_return'];
            $query = (new \DbQuery())->select('id_stock_available')->from('stock_available')->where('id_product = ' . (int) $detail['product_id'])
                ->where('id_product_attribute = ' . (int) $detail['product_attribute_id']);
            $stock = (int) $this->database->value((string) \StockAvailable::addSqlShopRestriction($query, (int) $order->id_shop));
            if ($units <= 0 || $stock === 0) {
                continue;
            }
            $this->database->run('INSERT INTO ' . _DB_PREFIX_ . 'stock_mvt (id_stock, id_order, id_stock_mvt_reason, id_employee, physical_quantity, date_add, sign)'
                . " SELECT $stock, " . (int) $order->id . ", $reason, 0, $units, " . $this->database->quote(date('Y-m-d H:i:s')) . ', -1 FROM DUAL'
                . ' WHERE NOT EXISTS (SELECT 1 FROM ' . _DB_PREFIX_ . "stock_mvt WHERE id_stock = $stock AND id_order = " . (int) $order->id . ' AND sign = -1)');
        }
    }
}
