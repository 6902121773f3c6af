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

use Shopbridge\Money\Amount;
use Shopbridge\Money\Plan;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The one order that this request is making, if any. The shop computes prices, taxes and shipping by its own rules while it makes
 * an order; what was agreed on TikTok Shop is put in their place before each row is written.
 */
final class Placing
{
    /** @var self|null */
    private static $now;

    /** @var Plan */
    private $plan;
    /** @var int */
    private $cart;
    /** @var int */
    private $places;
    /** @var string */
    private $buyer;
    /** @var string */
    private $note;
    /** @var array<string, string> */
    private $titles;
    /** @var bool */
    private $isRemitted;
    /** @var StockMarks */
    private $marks;
    /** @var string */
    private $key;
    /** @var \Order|null */
    private $order;
    /** @var string|null the shop's own setting, where it is away for a moment */
    private $invoices;
    /** @var int lines that are written, or just about to be */
    private $lines = 0;

    /**
     * @param array<string, mixed>  $body
     * @param array<string, string> $titles of the discounts, by their kind
     */
    public function __construct(Plan $plan, \Cart $cart, array $body, int $places, string $buyer, array $titles, StockMarks $marks)
    {
        $this->marks = $marks;
        $this->key = (string) $body['key'];
        $this->plan = $plan;
        $this->cart = (int) $cart->id;
        $this->places = $places;
        $this->buyer = $buyer;
        $this->note = Clean::words((string) ($body['note'] ?? ''), 4000);
        $this->titles = $titles;
        $this->isRemitted = $body['tax_remitted_by'] === 'tiktok';
    }

    public static function begin(self $placing): void
    {
        self::$now = $placing;
    }

    public static function end(): void
    {
        if (self::$now !== null && self::$now->invoices !== null) {
            \Configuration::set('PS_INVOICE', self::$now->invoices);
        }
        self::$now = null;
    }

    public static function now(): ?self
    {
        return self::$now;
    }

    /**
     * Whether a mail goes to the buyer of this order. TikTok Shop writes to its buyers itself.
     *
     * @param mixed $to an address, or several
     */
    public function isBuyer($to): bool
    {
        return in_array(strtolower($this->buyer), array_map('strtolower', array_map('strval', (array) $to)), true);
    }

    /**
     * Before the order's row is written.
     */
    public function fillOrder(\Order $order): void
    {
        if ((int) $order->id_cart !== $this->cart) {
            return;
        }
        $this->order = $order;
        $plan = $this->plan;
        $off = $plan->discounted();
        $order->total_products = Amount::float($plan->products['excl']);
        $order->total_products_wt = Amount::float($plan->products['incl']);
        $order->total_discounts_tax_excl = Amount::float($off['excl']);
        $order->total_discounts_tax_incl = $order->total_discounts = Amount::float($off['incl']);
        $order->total_shipping_tax_excl = Amount::float($plan->shipping['excl']);
        $order->total_shipping_tax_incl = $order->total_shipping = Amount::float($plan->shipping['incl']);
        $order->carrier_tax_rate = (float) Amount::rate($plan->shipping['incl'] - $plan->shipping['excl'], $plan->shipping['excl']);
        $order->total_wrapping_tax_excl = Amount::float($plan->charges['excl']);
        $order->total_wrapping_tax_incl = $order->total_wrapping = Amount::float($plan->charges['incl']);
        $order->total_paid_tax_excl = Amount::float($plan->paid['excl']);
        $order->total_paid_tax_incl = $order->total_paid = Amount::float($plan->paid['incl']);
        if ($this->note !== '') {
            $order->note = $this->note;
        }
    }

    /**
     * An order whose row is there already, of which so many lines are.
     */
    public function resume(\Order $order, int $lines): void
    {
        $this->order = $order;
        $this->lines = $lines;
    }

    /**
     * Before stock is taken for the next line.
     */
    public function noteStock(\StockAvailable $row): void
    {
        if ($this->order !== null && (int) $this->order->id > 0) {
            $this->marks->note($this->key, $this->lines, (int) $row->id, (int) $row->quantity);
        }
    }

    /**
     * After the order's first state, and with it the invoice, is written. The shop would now draw the invoice's paper for a mail
     * that nobody gets: the most costly step of all, and one that ends the request where the paper's logo can't be read.
     */
    public function afterState(): void
    {
        if ($this->invoices === null) {
            $this->invoices = (string) \Configuration::get('PS_INVOICE');
            \Configuration::set('PS_INVOICE', '0');
        }
    }

    /**
     * Before a line's row is written. The order's discounts go in with its first line, so that the invoice finds them.
     */
    public function fillDetail(\OrderDetail $detail): void
    {
        $own = $this->plan->details[Item::nameOf((int) $detail->product_id, (int) $detail->product_attribute_id)] ?? null;
        if ($this->order === null || (int) $detail->id_order !== (int) $this->order->id || $own === null) {
            return;
        }
        ++$this->lines;
        $this->addDiscounts((int) $detail->id_order);
        $unit = Amount::float(Amount::divided($own['excl'], $own['quantity']));
        $detail->product_price = $detail->original_product_price = $detail->unit_price_tax_excl = $unit;
        $detail->unit_price_tax_incl = Amount::float(Amount::divided($own['incl'], $own['quantity']));
        $detail->total_price_tax_excl = Amount::float($own['excl']);
        $detail->total_price_tax_incl = Amount::float($own['incl']);
        $detail->reduction_percent = $detail->reduction_amount = 0;
        $detail->reduction_amount_tax_incl = $detail->reduction_amount_tax_excl = 0;
        $detail->product_quantity_discount = 0;
        $detail->group_reduction = 0;
        $detail->ecotax = 0;
        $detail->ecotax_tax_rate = 0;
        $detail->tax_rate = (float) Amount::rate($own['incl'] - $own['excl'], $own['excl']);
        if ($this->isRemitted) {
            $detail->tax_name = 'TikTok Shop tax';
            $detail->id_tax_rules_group = 0;
        }
    }

    /**
     * Before the payment's row is written: what the buyer paid on TikTok Shop.
     */
    public function fillPayment(\OrderPayment $payment): void
    {
        if ($this->order === null || (string) $payment->order_reference !== (string) $this->order->reference) {
            return;
        }
        $payment->amount = Amount::float($this->plan->paid['incl']);
        $this->order->total_paid_real = $payment->amount;
    }

    private function addDiscounts(int $order): void
    {
        $rows = [];
        foreach ($this->plan->discounts as $discount) {
            $name = $discount['title'] !== '' ? $discount['title'] : $this->titles[$discount['kind']];
            $rows[] = [
                'id_order' => $order, 'id_cart_rule' => 0, 'id_order_invoice' => 0, 'name' => pSQL(Clean::words($name, 254)),
                'value' => Amount::text($discount['incl'], 6), 'value_tax_excl' => Amount::text($discount['excl'], 6),
                'free_shipping' => 0, 'deleted' => 0,
            ];
        }
        $known = \Db::getInstance()->getValue('SELECT 1 FROM ' . _DB_PREFIX_ . 'order_cart_rule WHERE id_order = ' . $order, false);
        if ($rows !== [] && !$known && !\Db::getInstance()->insert('order_cart_rule', $rows)) {
            throw new \RuntimeException('the shop did not save the discounts');
        }
    }
}
