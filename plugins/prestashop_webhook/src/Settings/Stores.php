<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Settings;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * How a shop of this installation is called towards the hub: by its number, as a text (`store` of the contract).
 */
final class Stores
{
    public static function code(int $shop): string
    {
        return (string) $shop;
    }

    /**
     * The shop that a `store` names; 0 where it names none. Empty and `default` are the shop that was called.
     */
    public static function shop(string $code, int $called): int
    {
        if ($code === '' || $code === 'default') {
            return $called;
        }

        return ctype_digit($code) && strlen($code) < 10 ? (int) $code : 0;
    }
}
