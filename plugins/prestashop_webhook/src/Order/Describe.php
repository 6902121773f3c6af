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

use Shopbridge\Api\Moment;
use Shopbridge\Money\Amount;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What the hub is told of an order: its totals are added up from the shop's rows, not repeated from what was asked for.
 */
final class Describe
{
    const TAX_TITLE = 'Tax collected and remitted by TikTok Shop';

    /** @var Records */
    private $records;
    /** @var Keys */
    private $keys;

    public function __construct(Records $records, Keys $keys)
    {
        $this->records = $records;
        $this->keys = $keys;
    }

    /**
     * The body of a 201 or 200 of `orders.create`.
     *
     * @return array<string, mixed>
     */
    public function created(\Order $order, ?Key $key): array
    {
        $facts = $key === null ? [] : $key->facts;

        return [
            'order_id' => (string) $order->id,
            'number' => (string) $order->reference,
            'state' => States::word((int) $order->current_state),
            'totals' => $this->totals($order, $key),
            'difference' => $facts['difference'] ?? null,
            'oversold' => (bool) ($facts['oversold'] ?? false),
        ];
    }

    /**
     * Everything: the answer of `orders.find` and of each call that changes an order.
     *
     * @return array<string, mixed>
     */
    public function whole(int $id): array
    {
        $order = new \Order($id);
        $key = $this->keys->ofOrder($id);
        $currency = new \Currency((int) $order->id_currency);
        $state = new \OrderState((int) $order->current_state, (int) $order->id_lang);
        $remitted = $key === null ? '' : (string) ($key->body['tax_remitted_by'] ?? '');
        $refunds = [];
        $refunded = 0;
        foreach ($this->records->refunds($id) as $row) {
            $refunds[] = [
                'refund_id' => (string) $row['id_order_slip'], 'refund_key' => $row['refund_key'], 'total' => $row['total'],
                'at' => Moment::text(Moment::ofColumn((string) $row['made_at'])),
            ];
            $refunded += Amount::of((string) $row['total']);
        }

        return $this->created($order, $key) + [
            'key' => $key === null ? $this->records->marker((string) $order->reference) : $key->key,
            'currency' => (string) $currency->iso_code,
            'state_id' => (string) $order->current_state,
            'status' => (string) $state->name,
            'placed_at' => Moment::text($key === null ? (int) strtotime((string) $order->date_add) : $key->createdAt),
            'updated_at' => Moment::text((int) strtotime((string) $order->date_upd)),
            'lines' => $this->lines($id, $key, $this->places($currency)),
            'tax_remitted_by' => $remitted,
            'tax_title' => $remitted === 'tiktok' ? self::TAX_TITLE : '',
            'shipments' => $this->shipments($id),
            'refunds' => $refunds,
            'refunded' => Amount::text($refunded, $this->places($currency)),
            'tiktok' => [
                'status' => (string) ($key->facts['status'] ?? ''),
                'dates' => (object) ($key->facts['dates'] ?? []),
            ],
            'reason' => (string) ($key->facts['reason'] ?? ''),
        ];
    }

    /**
     * The decimals that this shop keeps for a currency.
     */
    public function places(\Currency $currency): int
    {
        return min(6, max(0, (int) $currency->precision));
    }

    /**
     * @return array<string, string>
     */
    private function totals(\Order $order, ?Key $key): array
    {
        $places = $this->places(new \Currency((int) $order->id_currency));
        $which = $key !== null && !empty($key->body['prices_include_tax']) ? 'incl' : 'excl';
        $grand = Amount::ofColumn($order->total_paid_tax_incl);
        $shipping = Amount::ofColumn($order->{'total_shipping_tax_' . $which});
        // Charges and discounts that are fees or rounding belong to the fees; all else of the order is goods.
        $fees = Amount::ofColumn($order->{'total_wrapping_tax_' . $which}) - (int) ($key->facts['fees_off'][$which] ?? 0);
        $whole = $which === 'incl' ? $grand : Amount::ofColumn($order->total_paid_tax_excl);
        $amounts = [
            'goods' => $whole - $shipping - $fees, 'shipping' => $shipping, 'fees' => $fees,
            'tax' => $grand - Amount::ofColumn($order->total_paid_tax_excl), 'grand' => $grand,
        ];

        return array_map(static function (int $amount) use ($places): string {
            return Amount::text($amount, $places);
        }, $amounts);
    }

    /**
     * One row for each line of TikTok Shop, as the shop has it; for an order that we did not make, for each of its own lines.
     *
     * @return array<int, array<string, mixed>>
     */
    private function lines(int $order, ?Key $key, int $places): array
    {
        $details = [];
        foreach ($this->records->details($order) as $detail) {
            $details[(int) $detail['id_order_detail']] = $detail;
        }
        $refunded = [];
        foreach ($this->records->refunds($order) as $row) {
            foreach ((array) json_decode((string) $row['lines'], true) as $line) {
                $refunded[] = $line;
            }
        }
        $lines = [];
        foreach ($key === null ? [] : $key->body['lines'] ?? [] as $place => $line) {
            $detail = $details[(int) ($key->facts['details'][$place] ?? 0)] ?? null;
            if ($detail !== null) {
                $lines[] = $this->names($detail) + [
                    'line_ids' => $line['line_ids'], 'quantity' => $line['quantity'],
                    'refunded' => count(array_intersect($line['line_ids'], $refunded)), 'net' => $line['net'], 'tax' => $line['tax'],
                ];
            }
        }
        foreach ($key === null ? $details : [] as $detail) {
            $lines[] = $this->names($detail) + [
                'line_ids' => [], 'quantity' => (int) $detail['product_quantity'], 'refunded' => (int) $detail['product_quantity_refunded'],
                'net' => Amount::text(Amount::ofColumn($detail['total_price_tax_excl']), $places),
                'tax' => Amount::text(Amount::ofColumn($detail['total_price_tax_incl']) - Amount::ofColumn($detail['total_price_tax_excl']), $places),
            ];
        }

        return $lines;
    }

    /**
     * @param array<string, string|null> $detail
     *
     * @return array<string, string>
     */
    private function names(array $detail): array
    {
        return [
            'product_id' => (string) $detail['product_id'],
            'variant_id' => (string) ((int) $detail['product_attribute_id'] ?: $detail['product_id']),
            'sku' => (string) $detail['product_reference'],
        ];
    }

    /**
     * One for each tracking number: those of the hub with their `ship_key`, those of the back office without.
     *
     * @return array<int, array<string, mixed>>
     */
    private function shipments(int $order): array
    {
        $ours = [];
        foreach ($this->records->parcels($order) as $parcel) {
            $ours[(int) $parcel['id_order_carrier']] = $parcel;
        }
        $found = [];
        foreach ($this->records->carriers($order) as $row) {
            $number = (string) $row['tracking_number'];
            if ($number === '') {
                continue;
            }
            $parcel = $ours[(int) $row['id_order_carrier']] ?? [];
            $found[] = [
                'shipment_id' => (string) $row['id_order_carrier'],
                'ship_key' => (string) ($parcel['ship_key'] ?? ''),
                'tracks' => [[
                    'carrier_code' => (string) ($parcel['carrier_code'] ?? $row['id_reference']),
                    'title' => (string) ($parcel['carrier_title'] ?? $row['name']),
                    'number' => $number,
                ]],
                'lines' => (array) json_decode((string) ($parcel['lines'] ?? '[]'), true),
            ];
        }

        return $found;
    }
}
