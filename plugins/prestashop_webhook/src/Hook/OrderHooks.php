<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Hook;

use Shopbridge\Event\Log;
use Shopbridge\Event\Recorder;
use Shopbridge\Event\Subject;
use Shopbridge\Order\BuyerMail;
use Shopbridge\Order\Placing;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Orders, their states, parcels and slips, whoever changed them. While one of TikTok Shop's orders is made, they step in, and
 * keep the shop from writing to TikTok Shop's buyers.
 */
trait OrderHooks
{
    public function hookActionObjectOrderAddAfter($params): void
    {
        if (Placing::now() === null && ($params['object'] ?? null) instanceof \Order && $params['object']->module !== 'shopbridge') {
            BuyerMail::isOther((int) $params['object']->id);
        }
        $this->orderNoticed('order.changed', $params['object']->id ?? 0, $params['object']->id_shop ?? 0);
    }

    public function hookActionObjectOrderUpdateAfter($params): void
    {
        $this->orderNoticed('order.changed', $params['object']->id ?? 0, $params['object']->id_shop ?? 0);
    }

    public function hookActionObjectOrderDeleteAfter($params): void
    {
        $this->orderNoticed('order.changed', $params['object']->id ?? 0, $params['object']->id_shop ?? 0);
    }

    public function hookActionValidateOrder($params): void
    {
        $this->orderNoticed('order.changed', $params['order']->id ?? 0, $params['order']->id_shop ?? 0);
    }

    public function hookActionOrderStatusPostUpdate($params): void
    {
        $this->orderNoticed('order.changed', $params['id_order'] ?? 0, 0);
        Edge::notice(function (Recorder $recorder, array $shops) use ($params): void {
            if ((int) ($params['newOrderStatus']->id ?? 0) === (int) \Configuration::get('PS_OS_CANCELED')) {
                $this->orderNoticed('order.cancelled', $params['id_order'] ?? 0, 0);
            }
        });
    }

    public function hookActionObjectOrderHistoryAddAfter($params): void
    {
        $placing = Placing::now();
        if ($placing !== null) {
            $placing->afterState();
        }
        $this->orderNoticed('order.changed', $params['object']->id_order ?? 0, 0);
    }

    public function hookActionObjectOrderDetailUpdateAfter($params): void
    {
        $this->orderNoticed('order.changed', $params['object']->id_order ?? 0, $params['object']->id_shop ?? 0);
    }

    public function hookActionOrderEdited($params): void
    {
        $this->orderNoticed('order.changed', $params['order']->id ?? 0, $params['order']->id_shop ?? 0);
    }

    public function hookActionObjectOrderCarrierAddAfter($params): void
    {
        if ((string) ($params['object']->tracking_number ?? '') !== '') {
            $this->orderNoticed('shipment.changed', $params['object']->id_order ?? 0, 0);
        }
    }

    public function hookActionObjectOrderCarrierUpdateAfter($params): void
    {
        $this->orderNoticed('shipment.changed', $params['object']->id_order ?? 0, 0);
    }

    public function hookActionAdminOrdersTrackingNumberUpdate($params): void
    {
        $this->orderNoticed('shipment.changed', $params['order']->id ?? 0, $params['order']->id_shop ?? 0);
    }

    public function hookActionObjectOrderSlipAddAfter($params): void
    {
        $this->orderNoticed('refund.created', $params['object']->id_order ?? 0, 0);
    }

    public function hookActionOrderSlipAdd($params): void
    {
        $this->orderNoticed('refund.created', $params['order']->id ?? 0, $params['order']->id_shop ?? 0);
    }

    public function hookActionProductCancel($params): void
    {
        $this->orderNoticed('order.changed', $params['order']->id ?? 0, $params['order']->id_shop ?? 0);
    }

    /**
     * @param int|string|null $order
     * @param int|string|null $shop 0 where the hook does not say: then the shops of the context
     */
    private function orderNoticed(string $type, $order, $shop): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($type, $order, $shop): void {
            if ((int) $order > 0) {
                $recorder->record($type, new Subject('order', (int) $order), (int) $shop > 0 ? [(int) $shop] : $shops);
            }
        });
    }

    public function hookActionObjectOrderAddBefore($params): void
    {
        $placing = Placing::now();
        if ($placing !== null && ($params['object'] ?? null) instanceof \Order) {
            $placing->fillOrder($params['object']);
        }
    }

    public function hookActionObjectOrderDetailAddBefore($params): void
    {
        $placing = Placing::now();
        if ($placing !== null && ($params['object'] ?? null) instanceof \OrderDetail) {
            $placing->fillDetail($params['object']);
        }
    }

    public function hookActionObjectStockAvailableUpdateBefore($params): void
    {
        $placing = Placing::now();
        if ($placing !== null && ($params['object'] ?? null) instanceof \StockAvailable) {
            $placing->noteStock($params['object']);
        }
    }

    public function hookActionObjectOrderPaymentAddBefore($params): void
    {
        $placing = Placing::now();
        if ($placing !== null && ($params['object'] ?? null) instanceof \OrderPayment) {
            $placing->fillPayment($params['object']);
        }
    }

    /**
     * False stops the mail. A merchant's own mails about such an order go out as ever.
     */
    public function hookActionEmailSendBefore($params): bool
    {
        try {
            return !BuyerMail::isOne($params['to'] ?? '', (array) ($params['templateVars'] ?? []));
        } catch (\Throwable $failure) {
            Log::failure($failure);

            return true;
        }
    }
}
