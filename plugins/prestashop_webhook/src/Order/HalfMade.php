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
 * An order inside whose making PHP died, brought to its end: what is missing is made as the shop makes it, each part once, in the
 * shop's own sequence. The caller sees to it that no other order is written meanwhile.
 */
final class HalfMade
{
    /** @var Database */
    private $database;
    /** @var Records */
    private $records;
    /** @var States */
    private $states;

    public function __construct(Database $database, Records $records, States $states)
    {
        $this->database = $database;
        $this->records = $records;
        $this->states = $states;
    }

    /**
     * @param \Cart $cart  filled as for a new order, and the one of this request
     * @param int   $state the state that the order was to get
     *
     * @return bool false where a person has to look at it
     */
    public function complete(Key $known, int $id, \Cart $cart, Plan $plan, Placing $placing, int $state): bool
    {
        $order = new \Order($id);
        $placing->resume($order, count($this->records->details($id)));
        Placing::begin($placing);
        try {
            return $this->addLines($known, $order, $cart, $state) && $this->addCarrier($order, $cart) && $this->addPayment($known, $order, $cart, $plan, $state)
                && $this->giveState($order, $state);
        } finally {
            Placing::end();
        }
    }

    private function addLines(Key $known, \Order $order, \Cart $cart, int $state): bool
    {
        $written = [];
        foreach ($this->records->details((int) $order->id) as $detail) {
            $written[] = Item::nameOf((int) $detail['product_id'], (int) $detail['product_attribute_id']);
        }
        $missing = array_values(array_filter($cart->getProducts(), static function (array $product) use ($written): bool {
            return !in_array(Item::nameOf((int) $product['id_product'], (int) $product['id_product_attribute']), $written, true);
        }));
        if (count($written) + count($missing) !== count((array) ($known->facts['items'] ?? []))) {
            // A product that the cart cannot hold any more, or an order that somebody changed.
            return false;
        }
        $marks = new StockMarks($this->database);
        if ((int) $order->current_state === 0 && $written !== [] && \Configuration::get('PS_STOCK_MANAGEMENT') && !$marks->hasAny($known->key)) {
            // The shop found the sum wrong and meant to take no stock yet.
            return false;
        }
        if ($missing === []) {
            return true;
        }
        if ((int) $order->current_state !== 0 || !$marks->giveBack($known->key, count($written))) {
            return false;
        }
        (new \OrderDetail(null, null, \Context::getContext()))->createList($order, $cart, $state, $missing, 0, true);

        return true;
    }

    private function addCarrier(\Order $order, \Cart $cart): bool
    {
        if ((int) $order->id_carrier === 0 || $cart->isVirtualCart() || $this->records->carriers((int) $order->id) !== []) {
            return true;
        }
        if ($this->hasShipments()) {
            return false;
        }
        $row = new \OrderCarrier();
        $row->id_order = (int) $order->id;
        $row->id_carrier = (int) $order->id_carrier;
        $row->weight = (float) $order->getTotalWeight();
        $row->shipping_cost_tax_excl = (float) $order->total_shipping_tax_excl;
        $row->shipping_cost_tax_incl = (float) $order->total_shipping_tax_incl;

        return (bool) $row->add();
    }

    /**
     * Whether the shop writes shipments beside its carrier rows, a trial of PrestaShop 9 that only its own order path can fill.
     */
    private function hasShipments(): bool
    {
        return version_compare(_PS_VERSION_, '9.0.0', '>=')
            && $this->database->value('SELECT state FROM ' . _DB_PREFIX_ . "feature_flag WHERE name = 'improved_shipment'") === '1';
    }

    private function addPayment(Key $known, \Order $order, \Cart $cart, Plan $plan, int $state): bool
    {
        $status = new \OrderState($state, (int) $order->id_lang);
        $paid = Amount::float($plan->paid['incl']);
        if ($this->records->paymentsOf((int) $order->id) > 0 || !$status->logable) {
            if ($status->logable && (float) $order->total_paid_real === 0.0 && $paid > 0) {
                $order->total_paid_real = $paid;

                return (bool) $order->update();
            }

            return true;
        }
        if (!$order->addOrderPayment($paid, null, $known->key)) {
            return false;
        }
        $context = \Context::getContext();
        \Hook::exec('actionValidateOrder', [
            'cart' => $cart, 'order' => $order, 'customer' => $context->customer, 'currency' => $context->currency, 'orderStatus' => $status,
        ]);
        foreach ($cart->getProducts() as $product) {
            \ProductSale::addProductSale((int) $product['id_product'], (int) $product['cart_quantity']);
        }

        return true;
    }

    private function giveState(\Order $order, int $state): bool
    {
        $now = (int) $order->current_state;
        if ($now === 0 || $now === (int) \Configuration::get('PS_OS_ERROR')) {
            $this->states->move($order, $state);

            return true;
        }
        $status = new \OrderState($now);
        if ($status->invoice && (int) $order->invoice_number === 0) {
            $this->giveInvoice($order);
        }
        if ($this->records->historiesOf((int) $order->id) === 0) {
            $history = new \OrderHistory();
            $history->id_order = (int) $order->id;
            $history->id_order_state = $now;

            return (bool) $history->add();
        }

        return true;
    }

    /**
     * An invoice that has its number keeps it; one without is made anew.
     */
    private function giveInvoice(\Order $order): void
    {
        $id = (int) $order->id;
        $invoices = $this->database->rows('SELECT id_order_invoice, number, date_add FROM ' . _DB_PREFIX_ . "order_invoice WHERE id_order = $id");
        $numbered = array_values(array_filter($invoices, static function (array $invoice): bool {
            return (int) $invoice['number'] > 0;
        }));
        if ($numbered === []) {
            foreach ($invoices as $invoice) {
                foreach (['order_invoice_tax', 'order_invoice_payment', 'order_invoice'] as $table) {
                    $this->database->run('DELETE FROM ' . _DB_PREFIX_ . "$table WHERE id_order_invoice = " . (int) $invoice['id_order_invoice']);
                }
            }
            \Cache::clean('objectmodel_*');
            $order->setInvoice(true);

            return;
        }
        $own = (int) $numbered[0]['id_order_invoice'];
        $this->database->run('UPDATE ' . _DB_PREFIX_ . "order_carrier SET id_order_invoice = $own WHERE id_order = $id"
            . ' AND (id_order_invoice IS NULL OR id_order_invoice = 0)');
        $this->database->run('UPDATE ' . _DB_PREFIX_ . "order_detail SET id_order_invoice = $own WHERE id_order = $id");
        $this->database->run('UPDATE ' . _DB_PREFIX_ . "order_cart_rule SET id_order_invoice = $own WHERE id_order = $id");
        $this->database->run('INSERT INTO ' . _DB_PREFIX_ . 'order_invoice_payment (id_order_invoice, id_order_payment, id_order)'
            . " SELECT $own, p.id_order_payment, $id FROM " . _DB_PREFIX_ . 'order_payment p WHERE p.order_reference = '
            . $this->database->quote((string) $order->reference)
            . ' AND NOT EXISTS (SELECT 1 FROM ' . _DB_PREFIX_ . 'order_invoice_payment x WHERE x.id_order_payment = p.id_order_payment)');
        $order->invoice_number = (int) $numbered[0]['number'];
        $order->invoice_date = (string) $numbered[0]['date_add'];
        $order->update();
    }
}
