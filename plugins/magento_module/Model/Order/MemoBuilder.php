<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Sales\Model\Convert\Order as Converter;
use Magento\Sales\Model\Order;
use Magento\Sales\Model\Order\Creditmemo;
use Magento\Sales\Model\Order\Item;

/**
 * Makes a credit memo whose every amount is TikTok Shop's: the shop's own collectors would share out what was paid, and
 * never meet a partial refund to the cent.
 */
class MemoBuilder
{
    public function __construct(
        private readonly Converter $converter,
        private readonly Keys $keys,
        private readonly Description $description
    ) {
    }

    /**
     * The credit memo, not yet registered.
     *
     * @param array<string, mixed> $row the key's row
     */
    public function build(Order $order, array $row, RefundDraft $refund): Creditmemo
    {
        $currency = (string) $order->getOrderCurrencyCode();
        $memo = $this->converter->toCreditmemo($order);
        $lines = $this->keys->lines((int) $order->getId());
        $before = $this->refundedBefore($order, $refund);
        $isLast = Money::ofStored($order->getTotalRefunded(), $currency) + $refund->total
            === Money::ofStored($order->getGrandTotal(), $currency);
        $subtotal = $discount = $tax = $loose = $units = 0;
        foreach ($order->getAllItems() as $item) {
            $parts = $this->partsOf($item, $lines, $refund);
            $fresh = count(array_diff(array_unique(array_column($parts, 'line_id')), $before));
            $left = (int) $item->getQtyToRefund();
            $quantity = $isLast ? $left : min($fresh, $left);
            $partTax = array_sum(array_column($parts, 'tax'));
            $amount = array_sum(array_column($parts, 'amount')) - ($refund->isTaxInside ? $partTax : 0);
            $tax += $partTax;
            if ($quantity === 0) {
                // A unit that was counted before: only its money is left to give back.
                $loose += $amount;
                continue;
            }
            $line = $lines[(int) $item->getId()] ?? null;
            $partDiscount = $this->discountOf($item, $line, $row, $quantity, $amount, $partTax, $currency);
            $memoItem = $this->converter->itemToCreditmemoItem($item);
            $memoItem->setQty($quantity)->setBackToStock($refund->restock);
            $rowTotal = $amount + $partDiscount;
            $price = Money::number($rowTotal, $currency) / $quantity;
            $this->setTwice($memoItem, [
                'row_total' => Money::number($rowTotal, $currency),
                'row_total_incl_tax' => Money::number($rowTotal + $partTax, $currency),
                'discount_amount' => Money::number($partDiscount, $currency),
                'tax_amount' => Money::number($partTax, $currency),
                'discount_tax_compensation_amount' => 0,
                'price' => round($price, 4),
                'price_incl_tax' => round($price + Money::number($partTax, $currency) / $quantity, 4),
            ]);
            $memo->addItem($memoItem);
            $subtotal += $rowTotal;
            $discount += $partDiscount;
            $units += $quantity;
        }
        $memo->setTotalQty($units);
        $this->setMoney($memo, $refund, $subtotal, $discount, $tax, $loose, $currency);
        if ($refund->reason !== '') {
            $memo->addComment($refund->reason, false, false);
        }
        return $memo;
    }

    private function setMoney(
        Creditmemo $memo,
        RefundDraft $refund,
        int $subtotal,
        int $discount,
        int $tax,
        int $loose,
        string $currency
    ): void {
        $shipping = $refund->shipping - ($refund->isTaxInside ? $refund->shippingTax : 0);
        $adjustment = $refund->adjustment + $loose;
        $amounts = [
            'subtotal' => $subtotal,
            'subtotal_incl_tax' => $subtotal + $tax,
            'discount_amount' => -$discount,
            'shipping_amount' => $shipping,
            'shipping_incl_tax' => $shipping + $refund->shippingTax,
            'shipping_tax_amount' => $refund->shippingTax,
            'tax_amount' => $tax + $refund->shippingTax,
            'discount_tax_compensation_amount' => 0,
            'shipping_discount_tax_compensation_amount' => 0,
            'adjustment' => $adjustment,
            'adjustment_positive' => max($adjustment, 0),
            'adjustment_negative' => max(-$adjustment, 0),
            'grand_total' => $refund->total,
        ];
        $this->setTwice($memo, array_map(static fn (int $minor): float => Money::number($minor, $currency), $amounts));
    }

    /**
     * Line ids that earlier credit memos gave back.
     *
     * @return string[]
     */
    private function refundedBefore(Order $order, RefundDraft $refund): array
    {
        $before = [];
        foreach ($this->keys->documents((int) $order->getId(), Keys::CREDITMEMO) as $document) {
            if ($document['hub_key'] !== $refund->refundKey) {
                array_push($before, ...(json_decode((string) $document['line_ids'], true) ?: []));
            }
        }
        return $before;
    }

    /**
     * @param array<int, array<string, mixed>> $lines
     * @return list<array{line_id: string, amount: int, tax: int, fees: int}>
     */
    private function partsOf(Item $item, array $lines, RefundDraft $refund): array
    {
        $ids = $this->description->lineIds($item, $lines);
        return array_values(array_filter(
            $refund->lines,
            static fn (array $part): bool => in_array($part['line_id'], $ids, true)
        ));
    }

    /**
     * The discount to show where whole units come back for all they cost; else none, and the row is what was given back.
     *
     * @param array<string, mixed>|null $line
     * @param array<string, mixed> $row
     */
    private function discountOf(Item $item, ?array $line, array $row, int $units, int $amount, int $tax, string $currency): int
    {
        $all = (int) $item->getQtyOrdered();
        if ($line === null || $all === 0) {
            return 0;
        }
        $lineTax = Money::ofStored($line['tax'], $currency);
        $net = Money::ofStored($line['net'], $currency) - ($row['prices_include_tax'] ? $lineTax : 0);
        $discount = Money::ofStored($item->getDiscountAmount(), $currency);
        $isWhole = $amount * $all === $net * $units && $tax * $all === $lineTax * $units && ($discount * $units) % $all === 0;
        return $isWhole ? intdiv($discount * $units, $all) : 0;
    }

    /**
     * @param array<string, float|int> $amounts
     */
    private function setTwice(\Magento\Framework\DataObject $holder, array $amounts): void
    {
        foreach ($amounts as $name => $amount) {
            $holder->setData($name, $amount);
            $holder->setData("base_$name", $amount);
        }
    }
}
