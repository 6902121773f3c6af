<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * Reads a refund that the hub asks for. Where prices contain their tax, it may stand inside the amounts or beside them.
 */
class RefundReader
{
    /**
     * The refund, or every problem found.
     *
     * @param mixed $body the request's JSON
     * @throws Refusal with 422 and the problems
     */
    public function read(mixed $body, string $currency, bool $pricesIncludeTax): RefundDraft
    {
        if (!is_array($body) || array_is_list($body)) {
            throw Refusal::problem('malformed', '', 'the body must be an object');
        }
        $fields = new Fields($currency);
        $lines = [];
        foreach ($fields->rows($body, 'lines', mayBeEmpty: true) as $index => $one) {
            $where = "lines.$index.";
            $lines[] = [
                'line_id' => $fields->text($one, 'line_id', $where),
                'amount' => $fields->amount($one, 'amount', $where),
                'tax' => $fields->amount($one, 'tax', $where),
                'fees' => $fields->amount($one, 'fees', $where, mayBeNegative: true),
            ];
        }
        $key = $fields->text($body, 'refund_key');
        $shipping = $fields->amount($body, 'shipping');
        $shippingTax = $fields->amount($body, 'shipping_tax');
        $adjustment = $fields->amount($body, 'adjustment', mayBeNegative: true);
        $total = $fields->amount($body, 'total');
        $restock = $fields->flag($body, 'restock');
        $rest = array_sum(array_column($lines, 'amount')) + array_sum(array_column($lines, 'fees'))
            + $shipping + $adjustment;
        $tax = array_sum(array_column($lines, 'tax')) + $shippingTax;
        $isTaxInside = $pricesIncludeTax && $total === $rest;
        if ($fields->problems() === [] && !$isTaxInside) {
            $fields->sum('total_sum', 'total', $total, $rest + $tax);
        }
        if ($fields->problems() !== []) {
            throw Refusal::problems($fields->problems());
        }
        $reason = $fields->text($body, 'reason', isRequired: false);
        return new RefundDraft($key, $lines, $shipping, $shippingTax, $adjustment, $total, $restock, $isTaxInside, $reason);
    }
}
