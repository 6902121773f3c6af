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

use PrestaShop\PrestaShop\Adapter\StockManager;
use Shopbridge\Api\Answer;
use Shopbridge\Api\Problem;
use Shopbridge\Core\Database;
use Shopbridge\Money\Amount;
use Shopbridge\Money\Plan;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `orders.create`: once for each key, by the shop's own order path.
 */
final class CreateOrder
{
    /** @var \PaymentModule */
    private $module;
    /** @var Keys */
    private $keys;
    /** @var Records */
    private $records;
    /** @var Describe */
    private $describe;
    /** @var Parts */
    private $parts;
    /** @var States */
    private $states;
    /** @var Taxes */
    private $taxes;
    /** @var Items */
    private $items;
    /** @var Basket */
    private $basket;
    /** @var StockMarks */
    private $marks;
    /** @var Database */
    private $database;
    /** @var int */
    private $shop;

    public function __construct(
        \PaymentModule $module,
        Database $database,
        Keys $keys,
        Records $records,
        Describe $describe,
        Parts $parts,
        int $shop
    ) {
        $this->module = $module;
        $this->database = $database;
        $this->marks = new StockMarks($database);
        $this->keys = $keys;
        $this->records = $records;
        $this->describe = $describe;
        $this->parts = $parts;
        $this->states = new States($parts);
        $this->taxes = new Taxes($database, $parts);
        $this->items = new Items($database, $shop);
        $this->basket = new Basket($database, $parts, $shop);
        $this->shop = $shop;
    }

    /**
     * The caller holds the lock of the key.
     *
     * @param array<string, mixed>          $body  checked by BodyCheck
     * @param callable(callable): (int|null) $alone does something while no other order is written; null where others take too long
     */
    public function run(array $body, callable $alone): Answer
    {
        $known = $this->keys->find($body['key']);
        $answer = $known === null ? $this->adopt($body) : $this->repeated($known, $body, $alone);
        if ($answer !== null) {
            return $answer;
        }
        $items = [];
        $problems = $this->problems($body, $items);
        if ($problems !== []) {
            return Answer::refused($problems);
        }
        $currency = new \Currency((int) \Currency::getIdByIsoCode($body['currency'], $this->shop));
        $places = $this->describe->places($currency);
        $plan = Plan::of($body, array_map(static function (Item $item): string {
            return $item->name();
        }, $items), $places);
        if ($plan->problems !== []) {
            return Answer::refused($plan->problems);
        }
        if ($known === null) {
            $known = new Key($body['key'], $this->shop, $this->basket->open($currency), $body, time());
        } else {
            $known->take($body);
            $known->createdAt = time();
        }
        $known->facts = $this->facts($plan, $body, $places);
        $this->keys->put($known);
        $order = $this->place($known, $body, $plan, $items, $places, $alone);
        if ($order === null) {
            return new Answer(423, ['code' => 'busy']);
        }
        $this->finish($known, $order, $plan);

        return new Answer(201, $this->describe->created(new \Order($order), $known));
    }

    /**
     * An order that carries this key already though we never made it, as one made before the module was installed.
     *
     * @param array<string, mixed> $body
     */
    private function adopt(array $body): ?Answer
    {
        $order = $this->records->orderOfPayment($body['key']);
        if ($order === 0) {
            return null;
        }

        return new Answer(200, $this->describe->created(new \Order($order), null) + ['same' => false]);
    }

    /**
     * What is answered for a key that exists, or null where its try died before there was an order.
     *
     * @param array<string, mixed> $body
     */
    private function repeated(Key $known, array $body, callable $alone): ?Answer
    {
        $order = $known->order > 0 ? ($this->records->exists($known->order) ? $known->order : 0) : $this->records->orderOfCart($known->cart);
        $lines = count((array) ($known->facts['items'] ?? []));
        switch ($known->nextStep($order, $order > 0 && $this->records->isWhole($order, $lines))) {
            case 'make':
                return null;
            case 'deleted':
                return new Answer(410, ['code' => 'order_deleted', 'order_id' => (string) $known->order]);
            case 'half_made':
                $isWhole = $alone(function () use ($known, $order): bool {
                    return $this->completed($known, $order);
                });
                if ($isWhole === null) {
                    return new Answer(423, ['code' => 'busy']);
                }
                if ($isWhole) {
                    $this->finish($known, $order, null);

                    return new Answer(200, $this->describe->created(new \Order($order), $known) + ['same' => $known->digest === Key::digestOf($body)]);
                }

                return new Answer(409, [
                    'code' => 'half_made', 'order_id' => (string) $order,
                    'says' => 'An earlier try stopped inside the shop while it made this order. Look at order ' . $order
                        . ' in the back office: complete it and set its state, or delete it.',
                ]);
            default:
                if ($known->state !== Key::DONE) {
                    $this->finish($known, $order, null);
                }

                return new Answer(200, $this->describe->created(new \Order($order), $known) + ['same' => $known->digest === Key::digestOf($body)]);
        }
    }

    /**
     * Whether an order that an earlier try left in the middle could be brought to its end.
     */
    private function completed(Key $known, int $order): bool
    {
        $body = $known->body;
        $items = [];
        foreach ($body['lines'] as $place => $line) {
            $item = $this->items->find($line['product_id'], $line['variant_id'], $line['sku']);
            if ($item === null) {
                return false;
            }
            $items[$place] = $item;
        }
        $places = $this->describe->places(new \Currency((int) \Currency::getIdByIsoCode($body['currency'], $this->shop)));
        $plan = Plan::of($body, array_map(static function (Item $item): string {
            return $item->name();
        }, $items), $places);
        // From now on the order is known by its number too: no mail about it goes to the buyer.
        $known->order = $order;
        $this->keys->put($known);
        $cart = $this->basket->fill($known->cart, $body, $plan, $items);
        $placing = $this->placing($cart, $body, $plan, $places);

        return (new HalfMade($this->database, $this->records, $this->states))
            ->complete($known, $order, $cart, $plan, $placing, $this->stateFor($body)) && $this->records->isWhole($order, count((array) $known->facts['items']));
    }

    /**
     * What this shop cannot do with a body that is right in itself.
     *
     * @param array<string, mixed> $body
     * @param Item[]               $items the item of each line, filled here
     *
     * @return array<int, array{code: string, where: string, says: string}>
     */
    private function problems(array $body, array &$items): array
    {
        $found = [];
        $currency = new \Currency((int) \Currency::getIdByIsoCode($body['currency'], $this->shop));
        if (!\Validate::isLoadedObject($currency) || !$currency->active || $currency->deleted) {
            $found[] = Problem::of('currency', 'currency', "the shop does not sell in {$body['currency']}");
        }
        foreach (['ship_to', 'bill_to'] as $which) {
            if ($which === 'bill_to' && !is_array($body['bill_to'] ?? null)) {
                continue;
            }
            $code = (string) ($body[$which]['country'] ?? '');
            $country = new \Country(\Validate::isLanguageIsoCode($code) ? (int) \Country::getByIso($code) : 0);
            if (!\Validate::isLoadedObject($country) || ($which === 'ship_to' && !$country->active)) {
                $found[] = Problem::of('country', "$which.country", $which === 'ship_to' ? "the shop does not deliver to $code" : "the shop does not know $code");
            }
        }
        $wanted = [];
        foreach ($body['lines'] as $place => $line) {
            $item = $this->items->find($line['product_id'], $line['variant_id'], $line['sku']);
            if ($item === null) {
                $found[] = Problem::of('unknown_sku', "lines.$place.sku", ($line['sku'] ?: $line['product_id']) . ' is unknown');
                continue;
            }
            $items[$place] = $item;
            if ($item->reference !== $line['sku']) {
                $other = $this->items->ofReference($line['sku']);
                if ($other !== null && $other->name() !== $item->name()) {
                    $found[] = Problem::of('unknown_sku', "lines.$place.sku", 'the ids name another product');
                }
            }
            if (!$item->isActive) {
                $found[] = Problem::of('disabled_sku', "lines.$place.sku", "{$line['sku']} is switched off");
            }
            $wanted[$item->name()] = ($wanted[$item->name()] ?? 0) + $line['quantity'];
            if (($body['allow_backorder'] ?? true) === false) {
                list($left, $isEndless) = $this->items->stock($item);
                if (!$isEndless && $left < $wanted[$item->name()]) {
                    $found[] = Problem::of('no_stock', "lines.$place.quantity", "$left left");
                }
            }
        }

        return $found;
    }

    /**
     * What is found out before the order is there, and told or needed later.
     *
     * @param array<string, mixed> $body
     *
     * @return array<string, mixed>
     */
    private function facts(Plan $plan, array $body, int $places): array
    {
        $off = ['incl' => 0, 'excl' => 0];
        foreach ($plan->discounts as $discount) {
            if ($discount['kind'] === Plan::FEE || $discount['kind'] === Plan::ROUNDING) {
                $off['incl'] += $discount['incl'];
                $off['excl'] += $discount['excl'];
            }
        }
        $difference = null;
        $away = $plan->paid['incl'] - $plan->rounding - Amount::of($body['totals']['grand']);
        if ($away !== 0) {
            $difference = [
                'amount' => Amount::text($away, max(2, $places)),
                'reason' => 'the shop rounds amounts of this currency; what that changes stands on a line of its own',
            ];
        }

        return [
            'items' => $plan->details, 'fees_off' => $off, 'difference' => $difference,
            'shipping_tax' => $plan->shipping['incl'] - $plan->shipping['excl'],
            'charges_tax' => $plan->charges['incl'] - $plan->charges['excl'],
        ];
    }

    /**
     * @param array<string, mixed> $body
     * @param Item[]               $items
     */
    private function place(Key $known, array $body, Plan $plan, array $items, int $places, callable $alone): ?int
    {
        $cart = $this->basket->fill($known->cart, $body, $plan, $items);
        $customer = new \Customer((int) $cart->id_customer);
        $state = $this->stateFor($body);
        $payment = Clean::words((string) ($body['payment']['title'] ?? ''), 250);
        // The shop compares this with its own sum, which decides about "payment error"; our amounts are put in before rows are written.
        $total = (float) \Tools::ps_round((float) $cart->getOrderTotal(true, \Cart::BOTH), \Context::getContext()->getComputingPrecision());
        $this->marks->forget($known->key);
        Placing::begin($this->placing($cart, $body, $plan, $places));
        try {
            return $alone(function () use ($cart, $state, $total, $payment, $body, $customer): int {
                $this->module->validateOrder((int) $cart->id, $state, $total, $payment === '' ? 'TikTok Shop' : $payment, null,
                    ['transaction_id' => $body['key']], (int) $cart->id_currency, false, $customer->secure_key);
                $order = new \Order($this->records->orderOfCart((int) $cart->id));
                if ((int) $order->current_state === (int) \Configuration::get('PS_OS_ERROR')) {
                    // Something between the two sums changed the cart. The money is right all the same.
                    $this->states->move($order, $state);
                }

                return (int) $order->id;
            });
        } finally {
            Placing::end();
        }
    }

    /**
     * @param array<string, mixed> $body
     */
    private function placing(\Cart $cart, array $body, Plan $plan, int $places): Placing
    {
        $customer = new \Customer((int) $cart->id_customer);

        return new Placing($plan, $cart, $body, $places, (string) $customer->email, $this->titles(), $this->marks);
    }

    /**
     * @param array<string, mixed> $body
     */
    private function stateFor(array $body): int
    {
        $isHeld = in_array($body['state'], ['on_hold', 'unpaid'], true) || (string) ($body['hold_until'] ?? '') !== '';

        return $isHeld ? $this->states->held() : $this->states->paid();
    }

    /**
     * What is left once the shop is done with its order. Can be done twice.
     */
    private function finish(Key $known, int $order, ?Plan $plan): void
    {
        $details = $this->records->details($order);
        $oversold = false;
        $places = [];
        foreach ($details as $detail) {
            $oversold = $oversold || (int) $detail['product_quantity_in_stock'] < (int) $detail['product_quantity'];
            $places[Item::nameOf((int) $detail['product_id'], (int) $detail['product_attribute_id'])] = (int) $detail['id_order_detail'];
        }
        $known->facts['details'] = $this->detailOfLines($known, $places);
        $known->facts['oversold'] = $oversold;
        $this->taxes->write(new \Order($order), $known, $details);
        if ($plan === null) {
            $object = new \Order($order);
            (new StockManager())->updatePhysicalProductQuantity((int) $object->id_shop, (int) \Configuration::get('PS_OS_ERROR'),
                (int) \Configuration::get('PS_OS_CANCELED'), null, $order);
        }
        $known->order = $order;
        $known->state = Key::DONE;
        $this->keys->put($known);
        $this->marks->forget($known->key);
    }

    /**
     * The order line of each line of TikTok Shop; lines of one item share one.
     *
     * @param array<string, int> $details by item
     *
     * @return int[]
     */
    private function detailOfLines(Key $known, array $details): array
    {
        $found = [];
        foreach ($known->body['lines'] as $place => $line) {
            $item = $this->items->find($line['product_id'], $line['variant_id'], $line['sku']);
            $found[$place] = $item === null ? 0 : $details[$item->name()] ?? 0;
        }

        return $found;
    }

    /**
     * @return array<string, string>
     */
    private function titles(): array
    {
        return [
            Plan::SELLER => $this->module->getTranslator()->trans('Your discount', [], 'Modules.Shopbridge.Admin'),
            Plan::PLATFORM => $this->module->getTranslator()->trans('TikTok Shop discount', [], 'Modules.Shopbridge.Admin'),
            Plan::ROUNDING => $this->module->getTranslator()->trans('Rounding', [], 'Modules.Shopbridge.Admin'),
        ];
    }
}
