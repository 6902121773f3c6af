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
 * Texts of TikTok Shop made fit for PrestaShop's validators. What a validator refuses is left out; nothing is made up in its place.
 */
final class Clean
{
    /** Stands where PrestaShop insists on a text and TikTok Shop gave none. */
    const NONE = '-';

    /**
     * First and last name for the address, where stars of a masked name may stay: `J*** D***`.
     *
     * @return array{0: string, 1: string}
     */
    public static function addressNames(string $name): array
    {
        return self::split(self::without('/[0-9!<>,;?=+()@#"°{}_$%:¤|]/u', $name), 255);
    }

    /**
     * First and last name for the customer, whose validator also refuses stars, and dots within a word.
     *
     * @return array{0: string, 1: string}
     */
    public static function customerNames(string $name): array
    {
        $kept = self::without('/[0-9!<>,;?=+()\/\\\\@#"°*`{}_^$%:¤\[\]|。]/u', $name);

        return self::split((string) preg_replace(['/\.(?=\S)/u', '/(^|\s)\.(?=\s|$)/u'], ['. ', ' '], $kept), 255);
    }

    /**
     * A street line; empty where nothing of it is left.
     */
    public static function street(string $line): string
    {
        return self::cut(self::without('/[!<>?=+@{}_$%]/u', $line), 128);
    }

    public static function city(string $city): string
    {
        $kept = self::cut(self::without('/[!<>;?=+@#"°{}_$%]/u', $city), 64);

        return $kept === '' ? self::NONE : $kept;
    }

    /**
     * Letters, digits, spaces and hyphens; empty where the code is masked to nothing.
     */
    public static function postcode(string $code): string
    {
        return trim(substr(self::without('/[^a-zA-Z0-9 -]/', $code), 0, 12));
    }

    /**
     * A telephone number, or an empty text: with digits masked out it would be another one's number.
     */
    public static function phone(string $number): string
    {
        if (strpos($number, '*') !== false) {
            return '';
        }
        $kept = trim(self::without('/[^+0-9. ()\/-]/', $number));

        return preg_match('/[0-9]{2}/', $kept) === 1 ? substr($kept, 0, 32) : '';
    }

    /**
     * Any other text of one line, such as the name of a payment.
     */
    public static function words(string $text, int $length): string
    {
        return self::cut(self::without('/[<>={}]/u', $text), $length);
    }

    /**
     * Control characters and bytes that are no UTF-8 go always.
     */
    private static function without(string $pattern, string $text): string
    {
        $text = mb_convert_encoding($text, 'UTF-8', 'UTF-8');

        return trim((string) preg_replace(['/[\x00-\x1f\x7f]/u', $pattern, '/\s+/u'], [' ', ' ', ' '], $text));
    }

    /**
     * @return array{0: string, 1: string}
     */
    private static function split(string $name, int $length): array
    {
        $words = array_values(array_filter(explode(' ', trim($name)), static function (string $word): bool {
            return preg_match('/[\p{L}\p{N}*]/u', $word) === 1;
        }));
        $first = self::cut((string) array_shift($words), $length);
        $last = self::cut(implode(' ', $words), $length);

        return [$first === '' ? self::NONE : $first, $last === '' ? self::NONE : $last];
    }

    private static function cut(string $text, int $length): string
    {
        return trim(mb_substr($text, 0, $length, 'UTF-8'));
    }
}
