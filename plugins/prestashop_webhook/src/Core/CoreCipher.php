<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Core;

use Shopbridge\Crypto\Cipher;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * PrestaShop's own encryption, under the shop's cookie key.
 */
final class CoreCipher implements Cipher
{
    public function encrypt(string $plain): string
    {
        return (string) (new \PhpEncryption(_NEW_COOKIE_KEY_))->encrypt($plain);
    }

    public function decrypt(string $kept): string
    {
        if ($kept === '') {
            return '';
        }
        try {
            return (string) (new \PhpEncryption(_NEW_COOKIE_KEY_))->decrypt($kept);
        } catch (\Exception $broken) {
            // Another key, as after a move of the shop: the page then asks for the Webhook URL again.
            return '';
        }
    }
}
