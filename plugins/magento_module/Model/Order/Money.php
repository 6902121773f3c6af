<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * Exact money: whole minor units (cents) of one currency. Amounts never pass through a float on their way in.
 */
class Money
{
    private const AMOUNT = '/\A(-?)(\d{1,12})(?:\.(\d{1,6}))?\z/';
    private const DECIMALS = [
        'BIF' => 0, 'CLP' => 0, 'DJF' => 0, 'GNF' => 0, 'ISK' => 0, 'JPY' => 0, 'KMF' => 0, 'KRW' => 0, 'PYG' => 0,
        'RWF' => 0, 'UGX' => 0, 'VND' => 0, 'VUV' => 0, 'XAF' => 0, 'XOF' => 0, 'XPF' => 0,
        'BHD' => 3, 'IQD' => 3, 'JOD' => 3, 'KWD' => 3, 'LYD' => 3, 'OMR' => 3, 'TND' => 3,
    ];

    /**
     * How many decimals the currency's smallest amount has.
     */
    public static function decimals(string $currency): int
    {
        return self::DECIMALS[$currency] ?? 2;
    }

    /**
     * Whether the text is an amount as the plugin contract writes it ("12.50", "-3").
     */
    public static function isAmount(mixed $value): bool
    {
        return is_string($value) && preg_match(self::AMOUNT, $value) === 1;
    }

    /**
     * Whether the amount is a whole number of the currency's smallest one.
     */
    public static function isWhole(string $amount, string $currency): bool
    {
        preg_match(self::AMOUNT, $amount, $parts);
        return trim(substr($parts[3] ?? '', self::decimals($currency)), '0') === '';
    }

    /**
     * Minor units of an amount; what is smaller than one of them is cut off (see isWhole).
     */
    public static function minor(string $amount, string $currency): int
    {
        preg_match(self::AMOUNT, $amount, $parts);
        $decimals = self::decimals($currency);
        $minor = (int) ($parts[2] . substr(str_pad($parts[3] ?? '', $decimals, '0'), 0, $decimals));
        return $parts[1] === '-' ? -$minor : $minor;
    }

    /**
     * Minor units of what the shop's database holds, rounded half away from zero.
     */
    public static function ofStored(float|int|string|null $amount, string $currency): int
    {
        return (int) round((float) $amount * 10 ** self::decimals($currency));
    }

    /**
     * The amount as text with the currency's own decimals.
     */
    public static function text(int $minor, string $currency): string
    {
        $decimals = self::decimals($currency);
        $digits = str_pad((string) abs($minor), $decimals + 1, '0', STR_PAD_LEFT);
        $whole = $decimals === 0 ? $digits : substr($digits, 0, -$decimals) . '.' . substr($digits, -$decimals);
        return ($minor < 0 ? '-' : '') . $whole;
    }

    /**
     * The amount as a number for the shop's own models, which know floats only. Exact to far below a minor unit.
     */
    public static function number(int $minor, string $currency): float
    {
        return $minor / 10 ** self::decimals($currency);
    }
}
