<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Money;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Exact money as whole millionths of a currency unit, so that nothing needs bcmath and nothing is a float. PrestaShop keeps six
 * decimals too.
 */
final class Amount
{
    const ONE = 1000000;

    /**
     * The millionths that a decimal text such as `-12.30` names; null where it is none, or finer than a millionth.
     *
     * @param mixed $text
     */
    public static function parse($text): ?int
    {
        if (!is_string($text) || preg_match('/^([+-]?)([0-9]{1,11})(?:\.([0-9]+))?$/D', $text, $found) !== 1) {
            return null;
        }
        $decimals = rtrim($found[3] ?? '', '0');
        if (strlen($decimals) > 6) {
            return null;
        }
        $amount = (int) $found[2] * self::ONE + (int) str_pad($decimals, 6, '0');

        return $found[1] === '-' ? -$amount : $amount;
    }

    /**
     * The millionths of an amount that was checked before.
     */
    public static function of(string $text): int
    {
        $amount = self::parse($text);
        if ($amount === null) {
            throw new \InvalidArgumentException('This is no amount: ' . substr($text, 0, 40));
        }

        return $amount;
    }

    /**
     * The millionths of a column `decimal(20,6)`, which the core hands out as text or as a float.
     *
     * @param mixed $value
     */
    public static function ofColumn($value): int
    {
        return self::of(is_string($value) && $value !== '' ? $value : number_format((float) $value, 6, '.', ''));
    }

    /**
     * Rounded half away from zero to so many decimals, still in millionths.
     */
    public static function rounded(int $amount, int $places): int
    {
        $step = 10 ** (6 - $places);

        return self::divided($amount, $step) * $step;
    }

    /**
     * A quotient rounded half away from zero; `0` divides nothing.
     */
    public static function divided(int $amount, int $by): int
    {
        if ($by === 0) {
            throw new \InvalidArgumentException('Nothing can be divided by zero.');
        }
        $half = intdiv(abs($by), 2);
        $size = intdiv(abs($amount) + $half, abs($by));

        return ($amount < 0) === ($by < 0) ? $size : -$size;
    }

    /**
     * `amount × part ÷ whole`, rounded to so many decimals. A proportion only: what it leaves over is taken by difference.
     */
    public static function share(int $amount, int $part, int $whole, int $places): int
    {
        return $whole === 0 ? 0 : self::rounded((int) round($amount / $whole * $part), $places);
    }

    /**
     * A rate in per cent with three decimals, as PrestaShop's columns hold it: `20.000`.
     */
    public static function rate(int $tax, int $net): string
    {
        return $net === 0 ? '0.000' : number_format($tax * 100 / $net, 3, '.', '');
    }

    /**
     * `76.07` with so many decimals.
     */
    public static function text(int $amount, int $places): string
    {
        $amount = self::rounded($amount, $places);
        $whole = ($amount < 0 ? '-' : '') . intdiv(abs($amount), self::ONE);

        return $places === 0 ? $whole : $whole . '.' . substr(str_pad((string) (abs($amount) % self::ONE), 6, '0', STR_PAD_LEFT), 0, $places);
    }

    /**
     * For the core's properties, which are floats: exact, as six decimals of such a size always are.
     */
    public static function float(int $amount): float
    {
        return (float) self::text($amount, 6);
    }
}
