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
use Shopbridge\Order\BuyerMail;
use Shopbridge\Order\OrderPanel;
use Shopbridge\Order\Placing;
use Shopbridge\Services;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Steps in while one of TikTok Shop's orders is made, and keeps the shop from writing to TikTok Shop's buyers.
 */
trait PlacingHooks
{
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

    /**
     * What TikTok Shop says about the order, beside it in the back office.
     */
    public function hookDisplayAdminOrderSide($params): string
    {
        try {
            return (new OrderPanel($this, Services::database()))->show((int) ($params['id_order'] ?? 0));
        } catch (\Throwable $failure) {
            Log::failure($failure);

            return '';
        }
    }
}
