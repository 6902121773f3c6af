<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Digest;

use Shopbridge\Api\Answer;
use Shopbridge\Core\Database;
use Shopbridge\Order\Item;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `digest`: one opaque hash for everything that can be bought, over what makes its price, its stock, its state and its content date.
 *
 * It is made of the rows that the price code reads, and not of computed prices: five thousand of those would take the shop minutes.
 */
final class Digest
{
    const LIMIT = 5000;

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
        $limit = $given['limit'] ?? self::LIMIT;
        $cursor = $given['cursor'] ?? '';
        if (!is_numeric($limit) || (int) $limit < 1 || (int) $limit > self::LIMIT) {
            return Answer::malformed('limit', 'is between 1 and ' . self::LIMIT);
        }
        if (!is_string($cursor) || ($cursor !== '' && preg_match('/^(\d{1,9})\.(\d{1,9})$/D', $cursor, $found) !== 1)) {
            return Answer::malformed('cursor', 'is the one answered before');
        }
        $page = $this->page((int) ($found[1] ?? 0), (int) ($found[2] ?? -1), (int) $limit + 1);
        $more = count($page) > (int) $limit;
        $page = array_slice($page, 0, (int) $limit);
        $last = end($page);

        return new Answer(200, [
            'rows' => $this->rows($page),
            'next' => $more && $last !== false ? $last['id_product'] . '.' . $last['combination'] : null,
        ]);
    }

    /**
     * @return array<int, array<string, string|null>>
     */
    private function page(int $product, int $combination, int $limit): array
    {
        return $this->database->rows('SELECT p.id_product, COALESCE(pa.id_product_attribute, 0) AS combination, p.reference, pa.reference AS own_reference,'
            . ' ps.active, ps.available_for_order, ps.price, ps.ecotax, ps.id_tax_rules_group, ps.minimal_quantity, ps.visibility, p.date_upd,'
            . ' ps.date_upd AS shop_date_upd, p.ean13, p.weight, p.cache_is_pack, pas.price AS own_price, pas.ecotax AS own_ecotax, pas.weight AS own_weight,'
            . ' pas.minimal_quantity AS own_minimal, pas.default_on, pa.ean13 AS own_ean13 FROM ' . _DB_PREFIX_ . 'product p'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'product_shop ps ON ps.id_product = p.id_product AND ps.id_shop = ' . $this->shop
            . ' LEFT JOIN (' . _DB_PREFIX_ . 'product_attribute pa INNER JOIN ' . _DB_PREFIX_ . 'product_attribute_shop pas'
            . ' ON pas.id_product_attribute = pa.id_product_attribute AND pas.id_shop = ' . $this->shop . ') ON pa.id_product = p.id_product'
            . " WHERE p.state = 1 AND p.id_product >= $product AND (p.id_product > $product OR COALESCE(pa.id_product_attribute, 0) > $combination)"
            . " ORDER BY p.id_product, combination LIMIT $limit");
    }

    /**
     * @param array<int, array<string, string|null>> $page
     *
     * @return array<int, string[]> product, variant, SKU, hash
     */
    private function rows(array $page): array
    {
        if ($page === []) {
            return [];
        }
        $products = implode(',', array_unique(array_map('intval', array_column($page, 'id_product'))));
        $stock = $this->stock($products);
        $special = $this->specials($products);
        $values = $this->values($products);
        $common = $this->common();
        $rows = [];
        foreach ($page as $row) {
            $product = (int) $row['id_product'];
            $combination = (int) $row['combination'];
            $told = [
                $row, $stock[Item::nameOf($product, $combination)] ?? null, $stock[Item::nameOf($product, 0)]['out_of_stock'] ?? null,
                $special[$product] ?? [], $special[0] ?? [], $values[$combination] ?? '', $common,
            ];
            if ((int) $row['cache_is_pack'] === 1) {
                $told[] = (int) \Product::getQuantity($product, $combination ?: null);
            }
            $rows[] = [
                (string) $product, (string) ($combination ?: $product), (string) ($combination > 0 ? $row['own_reference'] : $row['reference']),
                substr(hash('sha256', (string) json_encode($told)), 0, 24),
            ];
        }

        return $rows;
    }

    /**
     * @return array<string, array<string, string|null>> by item
     */
    private function stock(string $products): array
    {
        $query = (new \DbQuery())->select('id_product, id_product_attribute, quantity, out_of_stock')->from('stock_available')
            ->where("id_product IN ($products)");
        $found = [];
        foreach ($this->database->rows((string) \StockAvailable::addSqlShopRestriction($query, $this->shop)) as $row) {
            $found[Item::nameOf((int) $row['id_product'], (int) $row['id_product_attribute'])] = $row;
        }

        return $found;
    }

    /**
     * Special prices that hold now: they begin and end without anybody saving anything.
     *
     * @return array<int, string[]> by product, 0 for all
     */
    private function specials(string $products): array
    {
        $now = $this->database->quote(date('Y-m-d H:i:s'));
        $found = [];
        foreach ($this->database->rows('SELECT id_product, id_product_attribute, id_currency, id_country, id_group, id_customer, price, from_quantity,'
            . ' reduction, reduction_tax, reduction_type FROM ' . _DB_PREFIX_ . "specific_price WHERE id_product IN (0,$products) AND id_cart = 0"
            . " AND id_shop IN (0, {$this->shop}) AND (`from` = '0000-00-00 00:00:00' OR `from` <= $now) AND (`to` = '0000-00-00 00:00:00' OR `to` >= $now)"
            . ' ORDER BY id_specific_price') as $row) {
            $found[(int) $row['id_product']][] = implode('|', $row);
        }

        return $found;
    }

    /**
     * @return array<int, string> option values and pictures by combination
     */
    private function values(string $products): array
    {
        $found = [];
        foreach (['product_attribute_combination' => 'id_attribute', 'product_attribute_image' => 'id_image'] as $table => $column) {
            foreach ($this->database->rows("SELECT l.id_product_attribute, l.$column AS value FROM " . _DB_PREFIX_ . "$table l INNER JOIN " . _DB_PREFIX_
                . "product_attribute pa ON pa.id_product_attribute = l.id_product_attribute WHERE pa.id_product IN ($products) ORDER BY 1, 2") as $row) {
                $combination = (int) $row['id_product_attribute'];
                $found[$combination] = ($found[$combination] ?? '') . $column . $row['value'];
            }
        }

        return $found;
    }

    /**
     * What changes the prices and stock of all products at once.
     */
    private function common(): string
    {
        $told = $this->database->rows('SELECT tr.id_tax_rules_group, tr.id_state, tr.zipcode_from, tr.zipcode_to, tr.behavior, t.rate, t.active FROM '
            . _DB_PREFIX_ . 'tax_rule tr INNER JOIN ' . _DB_PREFIX_ . 'tax t ON t.id_tax = tr.id_tax WHERE tr.id_country = '
            . (int) \Configuration::get('PS_COUNTRY_DEFAULT') . ' ORDER BY tr.id_tax_rule');
        $visitors = (int) \Configuration::get('PS_UNIDENTIFIED_GROUP');
        $told[] = $this->database->rows('SELECT reduction, price_display_method FROM `' . _DB_PREFIX_ . "group` WHERE id_group = $visitors");
        $told[] = $this->database->rows('SELECT id_category, reduction FROM ' . _DB_PREFIX_ . "group_reduction WHERE id_group = $visitors ORDER BY id_group_reduction");
        foreach (['PS_TAX', 'PS_CURRENCY_DEFAULT', 'PS_COUNTRY_DEFAULT', 'PS_ORDER_OUT_OF_STOCK', 'PS_STOCK_MANAGEMENT', 'PS_USE_ECOTAX'] as $name) {
            $told[] = (string) \Configuration::get($name);
        }

        return hash('sha256', (string) json_encode($told));
    }
}
