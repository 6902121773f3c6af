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
use Shopbridge\Api\Problem;
use Shopbridge\Core\Database;
use Shopbridge\Core\DatabaseFailed;
use Shopbridge\Money\Amount;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `orders.refund`: a credit slip of exactly this amount with the counters of the order's lines, once for each `refund_key`. Slip,
 * counters, stock and our own row are one transaction.
 */
final class RefundOrder
{
    /** @var Database */
    private $database;
    /** @var Records */
    private $records;
    /** @var Keys */
    private $keys;
    /** @var Describe */
    private $describe;
    /** @var States */
    private $states;

    public function __construct(Database $database, Records $records, Keys $keys, Describe $describe, States $states)
    {
        $this->database = $database;
        $this->records = $records;
        $this->keys = $keys;
        $this->describe = $describe;
        $this->states = $states;
    }

    /**
     * @param array<string, mixed> $given
     */
    public function run(int $id, array $given): Answer
    {
        $key = $this->keys->ofOrder($id);
        $detailOf = [];
        foreach ($key === null ? [] : $key->body['lines'] ?? [] as $place => $line) {
            foreach ($line['line_ids'] as $lineId) {
                $detailOf[$lineId] = (int) ($key->facts['details'][$place] ?? 0);
            }
        }
        $included = $key !== null && !empty($key->body['prices_include_tax']);
        $problems = RefundCheck::problems($given, array_map('strval', array_keys($detailOf)), $included);
        if ($problems !== []) {
            return Answer::refused($problems);
        }
        $before = 0;
        foreach ($this->records->refunds($id) as $row) {
            if ($row['refund_key'] === $given['refund_key']) {
                $this->closeWhenAllIsBack($id);

                return new Answer(200, $this->describe->whole($id) + [
                    'refund_key' => $row['refund_key'], 'refund_id' => (string) $row['id_order_slip'], 'total' => $row['total'],
                    'same' => Amount::of((string) $row['total']) === Amount::of($given['total']),
                ]);
            }
            $before += Amount::of((string) $row['total']);
        }
        $order = new \Order($id);
        $word = States::word((int) $order->current_state);
        if (in_array($word, ['closed', 'error'], true)) {
            return new Answer(409, ['code' => 'cannot_refund', 'state' => $word]);
        }
        $paid = Amount::ofColumn($order->total_paid_tax_incl);
        if ($before + Amount::of($given['total']) > $paid) {
            return Answer::refused([Problem::of('too_much', 'total', Amount::text($before, 2) . ' of ' . Amount::text($paid, 2) . ' is refunded already')]);
        }
        $slip = (new Transaction($this->database))->run(function () use ($order, $given, $detailOf, $included, $before, $paid): int {
            return $this->make(new SlipPlan($given, $detailOf, $included), $order, $given, $before + Amount::of($given['total']) < $paid);
        });
        $this->closeWhenAllIsBack($id);

        return new Answer(201, $this->describe->whole($id) + ['refund_key' => $given['refund_key'], 'refund_id' => (string) $slip, 'total' => $given['total']]);
    }

    /**
     * @param array<string, mixed> $given
     */
    private function make(SlipPlan $plan, \Order $order, array $given, bool $isPartial): int
    {
        // First of all, as each row is locked before the core reads it.
        foreach (($given['restock'] ?? false) === true ? $plan->details : [] as $detail => $own) {
            $this->restock($detail, $own['units'], (int) $order->id_shop);
        }
        $slip = new \OrderSlip();
        $slip->id_customer = (int) $order->id_customer;
        $slip->id_order = (int) $order->id;
        $slip->conversion_rate = (float) $order->conversion_rate;
        $slip->total_products_tax_excl = Amount::float($plan->goods['excl']);
        $slip->total_products_tax_incl = Amount::float($plan->goods['incl']);
        $slip->total_shipping_tax_excl = Amount::float($plan->shipping['excl']);
        $slip->total_shipping_tax_incl = $slip->shipping_cost_amount = Amount::float($plan->shipping['incl']);
        $slip->shipping_cost = $plan->shipping['incl'] !== 0;
        $slip->amount = Amount::float(Amount::of($given['total']));
        $slip->partial = $isPartial ? 1 : 0;
        // 2 is a slip of a chosen amount; 0 one of whole lines.
        $slip->order_slip_type = $plan->shipping['incl'] !== 0 ? 2 : 0;
        if (!$slip->add()) {
            throw new DatabaseFailed((string) \Db::getInstance()->getMsgError());
        }
        foreach ($plan->details as $detail => $own) {
            $this->addDetail((int) $slip->id, $detail, $own);
            $this->count($detail, $own);
        }
        if ($plan->details === []) {
            // A slip without a line is printed with the taxes of the whole order: shipping or goodwill stands beside the first one.
            $first = (int) $this->records->details((int) $order->id)[0]['id_order_detail'];
            $this->addDetail((int) $slip->id, $first, ['units' => 1] + $plan->goods);
        }
        $quote = [$this->database, 'quote'];
        $this->database->run('INSERT INTO ' . $this->database->table('refund') . ' (id_order, refund_key, id_order_slip, total, `lines`, made_at) VALUES ('
            . implode(', ', [
                (int) $order->id, $quote($given['refund_key']), (int) $slip->id, $quote($given['total']),
                $quote((string) json_encode(array_column($given['lines'], 'line_id'))), $quote(Moment::column(time())),
            ]) . ')');

        return (int) $slip->id;
    }

    /**
     * @param array{units: int, incl: int, excl: int} $own
     */
    private function addDetail(int $slip, int $detail, array $own): void
    {
        $incl = Amount::text($own['incl'], 6);
        $excl = Amount::text($own['excl'], 6);
        $this->database->run('INSERT INTO ' . _DB_PREFIX_ . 'order_slip_detail (id_order_slip, id_order_detail, product_quantity, unit_price_tax_excl,'
            . ' unit_price_tax_incl, total_price_tax_excl, total_price_tax_incl, amount_tax_excl, amount_tax_incl) VALUES (' . implode(', ', [
                $slip, $detail, $own['units'], Amount::text(Amount::divided($own['excl'], $own['units']), 6),
                Amount::text(Amount::divided($own['incl'], $own['units']), 6), $excl, $incl, $excl, $incl,
            ]) . ')');
    }

    /**
     * @param array{units: int, incl: int, excl: int} $own
     */
    private function count(int $detail, array $own): void
    {
        $incl = Amount::text($own['incl'], 6);
        $excl = Amount::text($own['excl'], 6);
        $this->database->run('UPDATE ' . _DB_PREFIX_ . 'order_detail SET'
            . ' product_quantity_refunded = LEAST(product_quantity, product_quantity_refunded + ' . $own['units'] . '),'
            . " total_refunded_tax_excl = total_refunded_tax_excl + $excl, total_refunded_tax_incl = total_refunded_tax_incl + $incl"
            . ' WHERE id_order_detail = ' . $detail);
    }

    /**
     * Gives units back that a cancellation or an earlier refund has not given back yet.
     */
    private function restock(int $id, int $units, int $shop): void
    {
        $row = $this->database->rows('SELECT d.product_id, d.product_attribute_id, d.product_quantity, d.product_quantity_reinjected FROM ' . _DB_PREFIX_
            . 'order_detail d LEFT JOIN ' . _DB_PREFIX_ . 'stock_available s ON s.id_product = d.product_id WHERE d.id_order_detail = ' . $id . ' FOR UPDATE')[0];
        $units = min($units, (int) $row['product_quantity'] - (int) $row['product_quantity_reinjected']);
        if ($units <= 0) {
            return;
        }
        $this->database->run('UPDATE ' . _DB_PREFIX_ . 'order_detail SET product_quantity_reinjected = product_quantity_reinjected + ' . $units
            . ' WHERE id_order_detail = ' . $id);
        if (\StockAvailable::updateQuantity((int) $row['product_id'], (int) $row['product_attribute_id'], $units, $shop) === false) {
            throw new DatabaseFailed((string) \Db::getInstance()->getMsgError());
        }
    }

    private function closeWhenAllIsBack(int $id): void
    {
        $order = new \Order($id);
        $back = 0;
        foreach ($this->records->refunds($id) as $row) {
            $back += Amount::of((string) $row['total']);
        }
        if ($back > 0 && $back >= Amount::ofColumn($order->total_paid_tax_incl) && States::word((int) $order->current_state) !== 'cancelled') {
            $this->states->move($order, (int) \Configuration::get('PS_OS_REFUND'));
        }
    }
}
