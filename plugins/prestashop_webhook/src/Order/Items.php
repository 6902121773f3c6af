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
 * Finds what a line of TikTok Shop means in one shop: by its ids, else by its SKU.
 */
final class Items
{
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
     * A product without combinations is named by an empty variant, 0, or its own id again.
     */
    public function find(string $product, string $variant, string $sku): ?Item
    {
        if (ctype_digit($product) && strlen($product) < 10) {
            $own = $this->combinations((int) $product);
            if ($own === [] && in_array($variant, ['', '0', $product], true)) {
                $found = $this->one('p.id_product = ' . (int) $product, 0);
            } elseif (in_array($variant, $own, true)) {
                $found = $this->one('p.id_product = ' . (int) $product, (int) $variant);
            }
        }

        return $found ?? $this->ofReference($sku);
    }

    /**
     * The first thing with this SKU, combinations before products.
     */
    public function ofReference(string $sku): ?Item
    {
        if ($sku === '') {
            return null;
        }
        $quoted = $this->database->quote($sku);
        $found = $this->database->rows('SELECT pa.id_product, pa.id_product_attribute FROM ' . _DB_PREFIX_ . 'product_attribute pa'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'product_attribute_shop pas ON pas.id_product_attribute = pa.id_product_attribute AND pas.id_shop = ' . $this->shop
            . " WHERE pa.reference = $quoted AND BINARY pa.reference = $quoted ORDER BY pa.id_product_attribute LIMIT 1");
        if ($found !== []) {
            return $this->one('p.id_product = ' . (int) $found[0]['id_product'], (int) $found[0]['id_product_attribute']);
        }

        return $this->one("p.reference = $quoted AND BINARY p.reference = $quoted AND NOT EXISTS (SELECT 1 FROM " . _DB_PREFIX_
            . 'product_attribute pa WHERE pa.id_product = p.id_product)', 0);
    }

    /**
     * What is left in stock, and whether the shop sells it below zero.
     *
     * @return array{0: int, 1: bool}
     */
    public function stock(Item $item): array
    {
        return [
            (int) \Product::getQuantity($item->product, $item->combination ?: null),
            (bool) \Product::isAvailableWhenOutOfStock(\StockAvailable::outOfStock($item->product, $this->shop)),
        ];
    }

    /**
     * @return string[]
     */
    private function combinations(int $product): array
    {
        return array_map('strval', array_column($this->database->rows('SELECT pa.id_product_attribute FROM ' . _DB_PREFIX_ . 'product_attribute pa'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'product_attribute_shop pas ON pas.id_product_attribute = pa.id_product_attribute AND pas.id_shop = ' . $this->shop
            . ' WHERE pa.id_product = ' . $product), 'id_product_attribute'));
    }

    private function one(string $where, int $combination): ?Item
    {
        $rows = $this->database->rows('SELECT p.id_product, p.reference, ps.active, pa.reference AS own FROM ' . _DB_PREFIX_ . 'product p'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'product_shop ps ON ps.id_product = p.id_product AND ps.id_shop = ' . $this->shop
            . ' LEFT JOIN ' . _DB_PREFIX_ . 'product_attribute pa ON pa.id_product_attribute = ' . $combination
            . " WHERE $where AND p.state = 1 ORDER BY p.id_product LIMIT 1");
        if ($rows === []) {
            return null;
        }

        return new Item((int) $rows[0]['id_product'], $combination, (string) ($combination > 0 ? $rows[0]['own'] : $rows[0]['reference']),
            $rows[0]['active'] === '1' || (int) $rows[0]['active'] === 1);
    }
}
