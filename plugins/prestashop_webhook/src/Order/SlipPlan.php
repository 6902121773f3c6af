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

use Shopbridge\Money\Amount;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The amounts of a credit slip: what TikTok Shop gave back, line by line, with and without the tax that it gives back too.
 */
final class SlipPlan
{
    /** @var array<int, array{units: int, incl: int, excl: int}> by order line */
    public $details = [];
    /** @var array{incl: int, excl: int} lines and adjustment: together with shipping they are the whole amount */
    public $goods = ['incl' => 0, 'excl' => 0];
    /** @var array{incl: int, excl: int} */
    public $shipping;

    /**
     * @param array<string, mixed> $given    checked by RefundCheck
     * @param array<string, int>   $detailOf order line by TikTok line id
     * @param bool                 $included whether the order's prices contain their tax
     */
    public function __construct(array $given, array $detailOf, bool $included)
    {
        $sum = 0;
        foreach ($given['lines'] as $line) {
            $sum += Amount::of($line['amount']) + Amount::of((string) ($line['fees'] ?? '0'));
        }
        $shipping = Amount::of(($given['shipping'] ?? '0') ?: '0');
        $shippingTax = Amount::of(($given['shipping_tax'] ?? '0') ?: '0');
        $adjustment = Amount::of(($given['adjustment'] ?? '0') ?: '0');
        // A refund of an order with tax inside may still bring net amounts with their tax beside them: the total says which it is.
        $isInside = $included && Amount::of($given['total']) === $sum + $shipping + $adjustment;
        foreach ($given['lines'] as $line) {
            $amount = Amount::of($line['amount']) + Amount::of((string) ($line['fees'] ?? '0'));
            $tax = Amount::of((string) ($line['tax'] ?? '0'));
            $detail = $detailOf[$line['line_id']];
            $known = $this->details[$detail] ?? ['units' => 0, 'incl' => 0, 'excl' => 0];
            $this->details[$detail] = [
                'units' => $known['units'] + 1,
                'incl' => $known['incl'] + ($isInside ? $amount : $amount + $tax),
                'excl' => $known['excl'] + ($isInside ? $amount - $tax : $amount),
            ];
        }
        foreach ($this->details as $own) {
            $this->goods = ['incl' => $this->goods['incl'] + $own['incl'], 'excl' => $this->goods['excl'] + $own['excl']];
        }
        $this->goods = ['incl' => $this->goods['incl'] + $adjustment, 'excl' => $this->goods['excl'] + $adjustment];
        $this->shipping = [
            'incl' => $isInside ? $shipping : $shipping + $shippingTax,
            'excl' => $isInside ? $shipping - $shippingTax : $shipping,
        ];
    }
}
