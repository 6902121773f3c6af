<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Outbox;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Ids that sort by time: 48 bits of milliseconds and 80 random bits, in Crockford's base 32.
 */
final class Ulid
{
    const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

    public static function make(int $milliseconds): string
    {
        $id = '';
        for ($i = 0; $i < 10; ++$i) {
            $id = self::LETTERS[$milliseconds & 31] . $id;
            $milliseconds >>= 5;
        }
        foreach (str_split(random_bytes(16)) as $byte) {
            $id .= self::LETTERS[ord($byte) & 31];
        }

        return $id;
    }
}
