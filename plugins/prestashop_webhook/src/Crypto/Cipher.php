<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Crypto;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Keeps a text so that the database alone does not tell it.
 */
interface Cipher
{
    public function encrypt(string $plain): string;

    /**
     * The text, or an empty one where the shop's key has changed since.
     */
    public function decrypt(string $kept): string;
}
