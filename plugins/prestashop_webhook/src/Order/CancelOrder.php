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
use Shopbridge\Core\Database;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `orders.cancel`: the state, and the stock as the hub's setting wants it.
 */
final class CancelOrder
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
        $order = new \Order($id);
        $word = States::word((int) $order->current_state);
        if (in_array($word, ['shipped', 'complete', 'closed'], true)) {
            return new Answer(409, ['code' => 'cannot_cancel', 'state' => $word]);
        }
        if ($word !== 'cancelled') {
            $details = $this->records->details($id);
            (new Transaction($this->database))->run(function () use ($order, $details, $given, $word): void {
                $this->cancel($order, $details, ($given['restock'] ?? true) !== false, $word !== 'error');
                $key = $this->keys->ofOrder((int) $order->id);
                if ($key !== null) {
                    $key->facts['reason'] = mb_substr((string) ($given['reason'] ?? ''), 0, 500);
                    $this->keys->put($key);
                }
            });
        }

        return new Answer(200, $this->describe->whole($id) + ['same' => $word === 'cancelled']);
    }

    /**
     * The core gives every unit back, packs aside, and always. What a refund gave back before is taken out again, and all of it where
     * the goods are not to be sold again. The stock's rows are locked before anything is read: what the core reads of them is then true.
     *
     * @param array<int, array<string, string|null>> $details
     */
    private function cancel(\Order $order, array $details, bool $restock, bool $wasTaken): void
    {
        $before = $this->quantities($details, (int) $order->id_shop);
        $this->states->move($order, (int) \Configuration::get('PS_OS_CANCELED'));
        $after = $this->quantities($details, (int) $order->id_shop);
        $wanted = [];
        foreach ($details as $detail) {
            $item = Item::nameOf((int) $detail['product_id'], (int) $detail['product_attribute_id']);
            $left = $restock && $wasTaken ? (int) $detail['product_quantity'] - (int) $detail['product_quantity_reinjected'] : 0;
            $wanted[$item] = ($wanted[$item] ?? 0) + max(0, $left);
            if ($restock && $wasTaken) {
                $this->database->run('UPDATE ' . _DB_PREFIX_ . 'order_detail SET product_quantity_reinjected = product_quantity WHERE id_order_detail = '
                    . (int) $detail['id_order_detail']);
            }
        }
        foreach ($wanted as $item => $units) {
            $more = $units - ($after[$item] - $before[$item]);
            if ($more !== 0) {
                list($product, $combination) = array_map('intval', explode('-', $item));
                \StockAvailable::updateQuantity($product, $combination, $more, (int) $order->id_shop);
            }
        }
    }

    /**
     * @param array<int, array<string, string|null>> $details
     *
     * @return array<string, int>
     */
    private function quantities(array $details, int $shop): array
    {
        $found = [];
        foreach ($details as $detail) {
            $item = Item::nameOf((int) $detail['product_id'], (int) $detail['product_attribute_id']);
            $found[$item] = (int) $this->database->value((string) \StockAvailable::addSqlShopRestriction((new \DbQuery())->select('quantity')
                ->from('stock_available')->where('id_product = ' . (int) $detail['product_id'])
                ->where('id_product_attribute = ' . (int) $detail['product_attribute_id']), $shop) . ' LIMIT 1 FOR UPDATE');
        }

        return $found;
    }
}
