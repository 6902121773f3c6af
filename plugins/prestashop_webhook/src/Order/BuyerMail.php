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

use Shopbridge\Services;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Tells mails to a buyer of TikTok Shop from all others: while we make an order, and later by the order that the mail is about.
 */
final class BuyerMail
{
    /** @var array<int, true> orders that this request made for others than TikTok Shop */
    private static $others = [];

    /**
     * An order of the shop itself: its mails need no look-up.
     */
    public static function isOther(int $order): void
    {
        self::$others[$order] = true;
    }

    /**
     * @param mixed                $to
     * @param array<string, mixed> $variables of the mail's template
     */
    public static function isOne($to, array $variables): bool
    {
        $placing = Placing::now();
        if ($placing !== null && $placing->isBuyer($to)) {
            return true;
        }
        $order = (int) ($variables['{id_order}'] ?? 0);
        if ($order === 0 || isset(self::$others[$order])) {
            return false;
        }
        $database = Services::database();
        $email = $database->value('SELECT c.email FROM ' . $database->table('orderkey') . ' k'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'orders o ON o.id_order = k.id_order'
            . ' INNER JOIN ' . _DB_PREFIX_ . 'customer c ON c.id_customer = o.id_customer WHERE k.id_order = ' . $order);

        return $email !== null && in_array(strtolower($email), array_map('strtolower', array_map('strval', (array) $to)), true);
    }
}
