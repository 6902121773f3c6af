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

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `orders.status`: TikTok Shop's word and dates for show; hold and release.
 */
final class ShowStatus
{
    /** @var Records */
    private $records;
    /** @var Keys */
    private $keys;
    /** @var Describe */
    private $describe;
    /** @var States */
    private $states;
    /** @var Taxes */
    private $taxes;

    public function __construct(Records $records, Keys $keys, Describe $describe, States $states, Taxes $taxes)
    {
        $this->records = $records;
        $this->keys = $keys;
        $this->describe = $describe;
        $this->states = $states;
        $this->taxes = $taxes;
    }

    /**
     * @param array<string, mixed> $given
     */
    public function run(int $id, array $given): Answer
    {
        $key = $this->keys->ofOrder($id);
        if ($key !== null) {
            $key->facts['status'] = mb_substr((string) ($given['status'] ?? ''), 0, 64);
            $dates = is_array($given['dates'] ?? null) ? array_filter($given['dates'], 'is_string') : [];
            $key->facts['dates'] = array_slice($dates + (array) ($key->facts['dates'] ?? []), 0, 20, true);
            $this->keys->put($key);
        }
        $order = new \Order($id);
        $word = States::word((int) $order->current_state);
        $hold = $given['hold'] ?? null;
        if ($hold === true && $word !== 'open' && $word !== 'held') {
            return new Answer(409, ['code' => 'cannot_hold', 'state' => $word]);
        }
        if ($hold === true) {
            $this->states->move($order, $this->states->held());
        } elseif ($hold === false && $word === 'held') {
            $this->states->move($order, $this->states->paid());
            if ($key !== null) {
                // The invoice was made only now, with the shop's own idea of taxes.
                $this->taxes->write(new \Order($id), $key, $this->records->details($id));
            }
        }

        return new Answer(200, $this->describe->whole($id));
    }
}
