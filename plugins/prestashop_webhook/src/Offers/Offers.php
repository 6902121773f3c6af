<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Offers;

use Shopbridge\Api\Answer;
use Shopbridge\Core\Database;
use Shopbridge\Order\Item;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `offers`: price, stock and state of everything that can be bought of some products, as a visitor of the shop's own country sees it.
 */
final class Offers
{
    const LIMIT = 500;

    /** @var Database */
    private $database;
    /** @var int */
    private $shop;

    public function __construct(Database $database, int $shop)
    {
        $this->database = $database;
        $this->shop = $shop;
    }

    /**
     * @param array<string, mixed> $given
     */
    public function run(array $given): Answer
    {
        $ids = $given['ids'] ?? null;
        if (!is_array($ids) || array_filter($ids, 'is_string') !== $ids) {
            return Answer::malformed('ids', 'ids is a list of texts');
        }
        if (count($ids) > self::LIMIT) {
            return Answer::malformed('ids', 'at most ' . self::LIMIT . ' ids at once');
        }
        $ids = array_values(array_unique(array_filter($ids, static function (string $id): bool {
            return ctype_digit($id) && strlen($id) < 10;
        })));
        if ($ids === []) {
            return new Answer(200, ['rows' => []]);
        }
        $found = [];
        foreach ($this->items($ids) as $row) {
            $found[(string) $row['id_product']][] = $row;
        }
        $stock = $this->stock($ids);
        $price = new Prices();
        $rows = [];
        foreach ($ids as $id) {
            foreach ($found[$id] ?? [] as $row) {
                $rows[] = $this->row($row, $stock, $price);
            }
        }

        return new Answer(200, ['rows' => $rows]);
    }

    /**
     * @param array<string, string|null>              $row
     * @param array<string, array<string, string|null>> $stock
     *
     * @return array<string, mixed>
     */
    private function row(array $row, array $stock, Prices $price): array
    {
        $product = (int) $row['id_product'];
        $combination = (int) $row['id_product_attribute'];
        $regular = $price->of($product, $combination, false);
        $effective = $price->of($product, $combination, true);
        $own = $stock[Item::nameOf($product, $combination)] ?? ['quantity' => '0', 'out_of_stock' => '2'];
        // The shop asks the product's own row what to do when stock is gone.
        $policy = (int) ($stock[Item::nameOf($product, 0)]['out_of_stock'] ?? $own['out_of_stock']);
        $quantity = (int) $row['cache_is_pack'] === 1 ? (int) \Product::getQuantity($product, $combination ?: null) : (int) $own['quantity'];

        return [
            'product_id' => (string) $product,
            'variant_id' => (string) ($combination ?: $product),
            'sku' => (string) ($combination > 0 ? $row['own_reference'] : $row['reference']),
            'price' => $regular,
            'effective_price' => $effective,
            'compare_at' => (float) $effective < (float) $regular ? $regular : null,
            'currency' => $price->currency,
            'tax_included' => $price->isTaxIncluded,
            'salable' => max(0, $quantity),
            'backorders' => $policy === 1 || ($policy === 2 && (bool) \Configuration::get('PS_ORDER_OUT_OF_STOCK')),
            'active' => (int) $row['active'] === 1 && (int) $row['available_for_order'] === 1,
        ];
    }

    /**
     * @param string[] $ids
     *
     * @return array<int, array<string, string|null>>
     */
    private function items(array $ids): array
    {
        return $this->database->rows('SELECT p.id_product, p.reference, p.cache_is_pack, ps.active, ps.available_for_order,'
            . ' COALESCE(pa.id_product_attribute, 0) AS id_product_attribute, pa.reference AS own_reference FROM ' . _DB_PREFIX_ . 'product p'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'product_shop ps ON ps.id_product = p.id_product AND ps.id_shop = ' . $this->shop
            . ' LEFT JOIN (' . _DB_PREFIX_ . 'product_attribute pa INNER JOIN ' . _DB_PREFIX_ . 'product_attribute_shop pas'
            . ' ON pas.id_product_attribute = pa.id_product_attribute AND pas.id_shop = ' . $this->shop . ') ON pa.id_product = p.id_product'
            . ' WHERE p.state = 1 AND p.id_product IN (' . implode(',', array_map('intval', $ids)) . ') ORDER BY p.id_product, pa.id_product_attribute');
    }

    /**
     * @param string[] $ids
     *
     * @return array<string, array<string, string|null>> by item
     */
    private function stock(array $ids): array
    {
        $query = (new \DbQuery())->select('id_product, id_product_attribute, quantity, out_of_stock')->from('stock_available')
            ->where('id_product IN (' . implode(',', array_map('intval', $ids)) . ')');
        $found = [];
        foreach ($this->database->rows((string) \StockAvailable::addSqlShopRestriction($query, $this->shop)) as $row) {
            $found[Item::nameOf((int) $row['id_product'], (int) $row['id_product_attribute'])] = $row;
        }

        return $found;
    }
}
