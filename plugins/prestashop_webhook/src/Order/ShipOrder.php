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

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `orders.ship`: a tracking number on the order, once for each `ship_key`; no mail.
 */
final class ShipOrder
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
     * Lines name TikTok line ids or SKUs; none means all that is left.
     *
     * @param array<string, mixed> $given
     */
    public function run(int $id, array $given): Answer
    {
        $shipKey = is_string($given['ship_key'] ?? null) ? $given['ship_key'] : '';
        $number = is_string($given['number'] ?? null) ? trim($given['number']) : '';
        if ($shipKey === '' || $number === '') {
            return Answer::malformed($shipKey === '' ? 'ship_key' : 'number', 'is missing');
        }
        if (strlen($shipKey) > 128 || strlen($number) > 64 || !\Validate::isTrackingNumber($number)) {
            return Answer::malformed(strlen($shipKey) > 128 ? 'ship_key' : 'number', 'PrestaShop does not take it as a tracking number');
        }
        foreach ($this->records->parcels($id) as $parcel) {
            if ($parcel['ship_key'] === $shipKey) {
                $this->moveWhenAllIsShipped($id);

                return new Answer(200, $this->describe->whole($id) + [
                    'ship_key' => $shipKey, 'shipment_id' => (string) $parcel['id_order_carrier'], 'same' => true,
                ]);
            }
        }
        $order = new \Order($id);
        $word = States::word((int) $order->current_state);
        if (in_array($word, ['cancelled', 'closed', 'held', 'error'], true)) {
            return new Answer(409, ['code' => 'cannot_ship', 'state' => $word]);
        }
        $carrier = $given['carrier'] ?? null;
        if (!is_array($carrier) || !is_string($carrier['title'] ?? null)) {
            return Answer::malformed('carrier', 'carrier {title, code} is needed');
        }
        $lines = is_array($given['lines'] ?? null) ? $given['lines'] : [];
        $units = new Units($this->records->details($id), $this->keys->ofOrder($id));
        foreach ($lines as $line) {
            if (!is_array($line) || $units->of($line) === 0) {
                return Answer::refused([Problem::of('unknown_line', 'lines', 'one of them is no line of this order, or more of it than was bought')]);
            }
        }
        $made = (new Transaction($this->database))->run(function () use ($id, $order, $shipKey, $number, $carrier, $lines): int {
            $made = $this->number($order, $number, $carrier['title'], (string) ($carrier['code'] ?? ''));
            $quote = [$this->database, 'quote'];
            $this->database->run('INSERT INTO ' . $this->database->table('parcel')
                . ' (id_order, ship_key, id_order_carrier, carrier_code, carrier_title, `lines`, made_at) VALUES (' . implode(', ', [
                    $id, $quote($shipKey), $made, $quote(substr((string) ($carrier['code'] ?? ''), 0, 64)),
                    $quote(mb_substr($carrier['title'], 0, 128)), $quote((string) json_encode($lines)), $quote(Moment::column(time())),
                ]) . ')');

            return $made;
        });
        $this->moveWhenAllIsShipped($id);

        return new Answer(201, $this->describe->whole($id) + ['ship_key' => $shipKey, 'shipment_id' => (string) $made]);
    }

    /**
     * Writes the number into the order's first parcel without one, or into a new one.
     */
    private function number(\Order $order, string $number, string $title, string $code): int
    {
        $row = null;
        foreach ($this->records->carriers((int) $order->id) as $one) {
            if ((string) $one['tracking_number'] === '') {
                $row = new \OrderCarrier((int) $one['id_order_carrier']);
                break;
            }
        }
        if ($row === null) {
            $row = new \OrderCarrier();
            $row->id_order = (int) $order->id;
            $row->id_carrier = (int) $order->id_carrier;
            $row->id_order_invoice = 0;
            $row->weight = 0;
            $row->shipping_cost_tax_excl = $row->shipping_cost_tax_incl = 0;
        }
        $carrier = $this->carrier($title, $code);
        if ($carrier > 0) {
            $row->id_carrier = $carrier;
        }
        $row->tracking_number = $number;
        if (!$row->save()) {
            throw new \RuntimeException('the shop did not save the tracking number');
        }

        return (int) $row->id;
    }

    /**
     * The shop's own carrier of this name, or of this lasting number; 0 where the shop has none.
     */
    private function carrier(string $title, string $code): int
    {
        $reference = ctype_digit($code) && strlen($code) < 10 ? (int) $code : 0;

        return (int) $this->database->value('SELECT id_carrier FROM ' . _DB_PREFIX_ . 'carrier WHERE deleted = 0 AND (id_reference = ' . $reference
            . ' OR name = ' . $this->database->quote($title) . ') ORDER BY id_reference = ' . $reference . ' DESC, active DESC, id_carrier LIMIT 1');
    }

    private function moveWhenAllIsShipped(int $id): void
    {
        $units = new Units($this->records->details($id), $this->keys->ofOrder($id));
        if (!$units->areAllIn($this->records->parcels($id))) {
            return;
        }
        $order = new \Order($id);
        if (States::word((int) $order->current_state) === 'open') {
            $this->states->move($order, (int) \Configuration::get('PS_OS_SHIPPING'));
        }
        if (States::word((int) $order->current_state) === 'shipped') {
            (new Movements($this->database))->complete($order, $this->records->details($id));
        }
    }
}
