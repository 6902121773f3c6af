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
use Shopbridge\Money\Amount;
use Shopbridge\Money\Plan;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The cart behind an order. Its number is the order's own name in the shop: one cart never becomes two orders.
 */
final class Basket
{
    /** @var Database */
    private $database;
    /** @var Parts */
    private $parts;
    /** @var int */
    private $shop;

    public function __construct(Database $database, Parts $parts, int $shop)
    {
        $this->database = $database;
        $this->parts = $parts;
        $this->shop = $shop;
    }

    /**
     * A new cart with nothing in it.
     */
    public function open(\Currency $currency): int
    {
        $cart = new \Cart();
        $cart->id_shop = $this->shop;
        $cart->id_shop_group = (int) \Shop::getGroupFromShop($this->shop);
        $cart->id_lang = (int) \Configuration::get('PS_LANG_DEFAULT');
        $cart->id_currency = (int) $currency->id;
        if (!$cart->add()) {
            throw new \RuntimeException('the shop did not save the cart');
        }

        return (int) $cart->id;
    }

    /**
     * Puts buyer and goods into the cart, anew where an earlier try had begun, and makes it the one of this request.
     *
     * @param array<string, mixed> $body
     * @param Item[]               $items
     */
    public function fill(int $id, array $body, Plan $plan, array $items): \Cart
    {
        $context = \Context::getContext();
        $cart = new \Cart($id);
        $customer = $this->customer($cart, $body);
        $cart->id_currency = (int) \Currency::getIdByIsoCode($body['currency'], $this->shop);
        $cart->secure_key = $customer->secure_key;
        $carrier = $this->parts->carrier();
        $cart->id_carrier = $carrier;
        $cart->delivery_option = (string) json_encode([(int) $cart->id_address_delivery => $carrier . ',']);
        $cart->update();
        $this->putGoods($cart, $plan, $items);

        $address = new \Address((int) $cart->id_address_delivery);
        $context->customer = $customer;
        $context->currency = new \Currency((int) $cart->id_currency, null, $this->shop);
        $context->country = new \Country((int) $address->id_country, (int) $cart->id_lang);
        // For this request only: no automatic cart rule of the shop adds its discount or its gift, and the cart's own prices count.
        \Configuration::set('PS_CART_RULE_FEATURE_ACTIVE', '0');
        \Configuration::set('PS_SPECIFIC_PRICE_FEATURE_ACTIVE', '1');
        $this->offerOwnCarrier($cart, $items, $carrier);
        $context->cart = new \Cart($id);
        $context->cart->setTaxCalculationMethod();

        return $context->cart;
    }

    /**
     * @param array<string, mixed> $body
     */
    private function customer(\Cart $cart, array $body): \Customer
    {
        if ((int) $cart->id_customer > 0) {
            $known = new \Customer((int) $cart->id_customer);
            if (\Validate::isLoadedObject($known) && (int) $cart->id_address_delivery > 0) {
                return $known;
            }
        }
        $buyer = new Buyer($this->shop, (int) $cart->id_lang);
        $customer = $buyer->guest($body);
        $phone = (string) ($body['buyer']['phone'] ?? '');
        $cart->id_customer = (int) $customer->id;
        $cart->id_address_delivery = (int) $buyer->address($customer, $body['ship_to'], $phone)->id;
        $cart->id_address_invoice = is_array($body['bill_to'] ?? null)
            ? (int) $buyer->address($customer, $body['bill_to'] + ['name' => $body['ship_to']['name']], $phone)->id
            : (int) $cart->id_address_delivery;

        return $customer;
    }

    /**
     * Rows as the webservice writes them: the cart's own way of adding asks the stock, and would refuse what is sold already. Each
     * item has a price for this cart alone, in the shop's own currency, which 8 and 9 then convert alike.
     *
     * @param Item[] $items
     */
    private function putGoods(\Cart $cart, Plan $plan, array $items): void
    {
        $id = (int) $cart->id;
        $this->database->run('DELETE FROM ' . _DB_PREFIX_ . 'cart_product WHERE id_cart = ' . $id);
        $this->database->run('DELETE FROM ' . _DB_PREFIX_ . 'specific_price WHERE id_cart = ' . $id);
        $rate = (float) (new \Currency((int) $cart->id_currency, null, $this->shop))->conversion_rate ?: 1.0;
        $put = [];
        foreach ($items as $item) {
            if (isset($put[$item->name()])) {
                continue;
            }
            $own = $put[$item->name()] = $plan->details[$item->name()];
            $this->database->run('INSERT INTO ' . _DB_PREFIX_ . 'cart_product (id_cart, id_product, id_address_delivery, id_shop, id_product_attribute,'
                . ' id_customization, quantity, date_add) VALUES (' . implode(', ', [
                    $id, $item->product, (int) $cart->id_address_delivery, $this->shop, $item->combination, 0, $own['quantity'],
                    $this->database->quote(date('Y-m-d H:i:s')),
                ]) . ')');
            $price = number_format(Amount::float(Amount::divided($own['excl'], $own['quantity'])) / $rate, 6, '.', '');
            $this->database->run('INSERT INTO ' . _DB_PREFIX_ . 'specific_price (id_specific_price_rule, id_cart, id_product, id_shop, id_shop_group,'
                . ' id_currency, id_country, id_group, id_customer, id_product_attribute, price, from_quantity, reduction, reduction_tax,'
                . " reduction_type, `from`, `to`) VALUES (0, $id, {$item->product}, 0, 0, 0, 0, 0, 0, {$item->combination}, $price, 1, 0, 1,"
                . " 'amount', '0000-00-00 00:00:00', '0000-00-00 00:00:00')");
        }
    }

    /**
     * Tells the core, in its own memory of this request, that our carrier alone serves this cart: it offers itself to no checkout.
     *
     * @param Item[] $items
     */
    private function offerOwnCarrier(\Cart $cart, array $items, int $carrier): void
    {
        foreach ($items as $item) {
            \Cache::store('Carrier::getAvailableCarrierList_' . $item->product . '-' . $this->shop, []);
        }
        $zone = (int) \Address::getZoneById((int) $cart->id_address_delivery);
        \Cache::store('Carrier::getAvailableCarrierList_getCarriersForOrder_' . $zone . '-' . (int) $cart->id, [[['id_carrier' => $carrier]], []]);
    }
}
