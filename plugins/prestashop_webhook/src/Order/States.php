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

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The states of an order: in one word for the hub, and moved without a mail.
 */
final class States
{
    /** @var Parts */
    private $parts;

    public function __construct(Parts $parts)
    {
        $this->parts = $parts;
    }

    /**
     * One of open, held, shipped, complete, closed (refunded), cancelled, error. A merchant's own states count by what they do.
     */
    public static function word(int $state): string
    {
        $known = [
            'PS_OS_DELIVERED' => 'complete', 'PS_OS_CANCELED' => 'cancelled', 'PS_OS_REFUND' => 'closed', 'PS_OS_ERROR' => 'error',
            Parts::HELD => 'held', 'PS_OS_SHIPPING' => 'shipped',
        ];
        foreach ($known as $name => $word) {
            if ($state > 0 && (int) \Configuration::get($name) === $state) {
                return $word;
            }
        }
        $row = new \OrderState($state);

        return \Validate::isLoadedObject($row) && $row->shipped ? 'shipped' : 'open';
    }

    public function paid(): int
    {
        return (int) \Configuration::get('PS_OS_PAYMENT');
    }

    public function held(): int
    {
        return $this->parts->heldState();
    }

    /**
     * Moves an order as the shop does it, with stock, invoice and history, and without the state's mail. Nothing where it is there.
     */
    public function move(\Order $order, int $state): void
    {
        if ((int) $order->current_state === $state) {
            return;
        }
        $history = new \OrderHistory();
        $history->id_order = (int) $order->id;
        $history->changeIdOrderState($state, $order, !$order->hasInvoice());
        if (!$history->add()) {
            throw new \RuntimeException('the shop did not save the state');
        }
    }
}
