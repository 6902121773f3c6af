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

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The tax rows of an order: TikTok Shop's amounts, under the shop's own tax where the seller owes it, else under TikTok Shop's.
 */
final class Taxes
{
    /** @var Database */
    private $database;
    /** @var Parts */
    private $parts;

    public function __construct(Database $database, Parts $parts)
    {
        $this->database = $database;
        $this->parts = $parts;
    }

    /**
     * Replaces what the shop computed for the lines, and for shipping and other charges on the invoice.
     *
     * @param array<int, array<string, string|null>> $details
     */
    public function write(\Order $order, Key $key, array $details): void
    {
        foreach ($details as $detail) {
            $item = Item::nameOf((int) $detail['product_id'], (int) $detail['product_attribute_id']);
            $own = $key->facts['items'][$item] ?? null;
            if ($own === null) {
                continue;
            }
            $id = (int) $detail['id_order_detail'];
            $this->database->run('DELETE FROM ' . _DB_PREFIX_ . 'order_detail_tax WHERE id_order_detail = ' . $id);
            if ((int) $own['tax'] !== 0) {
                $this->database->run('INSERT INTO ' . _DB_PREFIX_ . 'order_detail_tax (id_order_detail, id_tax, unit_amount, total_amount) VALUES ('
                    . implode(', ', [
                        $id, $this->taxOf($order, $key, (int) $detail['product_id']),
                        Amount::text(Amount::divided((int) $own['tax'], (int) $own['quantity']), 6), Amount::text((int) $own['tax'], 6),
                    ]) . ')');
            }
        }
        $invoice = (int) $this->database->value('SELECT id_order_invoice FROM ' . _DB_PREFIX_ . 'order_invoice WHERE id_order = ' . (int) $order->id
            . ' ORDER BY id_order_invoice LIMIT 1');
        if ($invoice > 0) {
            $this->writeInvoice($invoice, $key);
        }
    }

    private function writeInvoice(int $invoice, Key $key): void
    {
        $this->database->run('DELETE FROM ' . _DB_PREFIX_ . 'order_invoice_tax WHERE id_order_invoice = ' . $invoice);
        foreach (['shipping' => 'shipping_tax', 'wrapping' => 'charges_tax'] as $type => $fact) {
            $amount = (int) ($key->facts[$fact] ?? 0);
            if ($amount !== 0) {
                $this->database->run('INSERT INTO ' . _DB_PREFIX_ . 'order_invoice_tax (id_order_invoice, type, id_tax, amount) VALUES (' . implode(', ', [
                    $invoice, "'$type'", $this->ownTax($key), Amount::text($amount, 6),
                ]) . ')');
            }
        }
    }

    private function taxOf(\Order $order, Key $key, int $product): int
    {
        if (($key->body['tax_remitted_by'] ?? '') === 'seller') {
            $address = new \Address((int) $order->{\Configuration::get('PS_TAX_ADDRESS_TYPE')});
            $taxes = \TaxManagerFactory::getManager($address, (int) \Product::getIdTaxRulesGroupByIdProduct($product))->getTaxCalculator()->taxes;
            foreach ($taxes as $tax) {
                if ((float) $tax->rate > 0) {
                    return (int) $tax->id;
                }
            }
        }

        return $this->ownTax($key);
    }

    private function ownTax(Key $key): int
    {
        return $this->parts->tax(($key->body['tax_remitted_by'] ?? '') === 'tiktok' ? Parts::TAX_REMITTED : Parts::TAX_SELLER);
    }
}
