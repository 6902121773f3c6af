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

use Shopbridge\Api\Problem;
use Shopbridge\Money\Amount;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The contract's rules for the body of `orders.refund`.
 */
final class RefundCheck
{
    /**
     * @param array<string, mixed> $given
     * @param string[]             $lineIds  all line ids of the order
     * @param bool                 $included whether the order's prices contain their tax
     *
     * @return array<int, array{code: string, where: string, says: string}>
     */
    public static function problems(array $given, array $lineIds, bool $included): array
    {
        if (!is_string($given['refund_key'] ?? null) || $given['refund_key'] === '' || strlen($given['refund_key']) > 128) {
            return [Problem::of('malformed', 'refund_key', 'is missing')];
        }
        $lines = $given['lines'] ?? null;
        if (!is_array($lines) || array_filter($lines, 'is_array') !== $lines) {
            return [Problem::of('malformed', 'lines', 'is not a list')];
        }
        $sum = $taxes = 0;
        $seen = [];
        foreach ($lines as $place => $line) {
            $id = (string) ($line['line_id'] ?? '');
            if (!in_array($id, $lineIds, true) || isset($seen[$id])) {
                return [Problem::of('unknown_line', "lines.$place.line_id", isset($seen[$id]) ? 'stands twice' : 'is no line of this order')];
            }
            $seen[$id] = true;
            foreach (['amount', 'tax', 'fees'] as $name) {
                $amount = Amount::parse($line[$name] ?? ($name === 'amount' ? null : '0'));
                if ($amount === null) {
                    return [Problem::of('malformed', "lines.$place.$name", 'is not a decimal number in text')];
                }
                $name === 'tax' ? $taxes += $amount : $sum += $amount;
            }
        }
        foreach (['shipping', 'shipping_tax', 'adjustment'] as $name) {
            $amount = Amount::parse(($given[$name] ?? '0') ?: '0');
            if ($amount === null) {
                return [Problem::of('malformed', $name, 'is not a decimal number in text')];
            }
            $name === 'shipping_tax' ? $taxes += $amount : $sum += $amount;
        }
        $total = Amount::parse($given['total'] ?? null);
        if ($total === null) {
            return [Problem::of('malformed', 'total', 'is not a decimal number in text')];
        }
        // Where prices contain the tax, it is not added a second time.
        if ($total !== $sum + $taxes && !($included && $total === $sum)) {
            return [Problem::of('total_sum', 'total', "is {$given['total']}, its parts make " . Amount::text($sum + $taxes, 2))];
        }

        return [];
    }
}
