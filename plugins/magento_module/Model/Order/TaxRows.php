<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Sales\Model\Order;
use Magento\Sales\Model\Order\Tax\ItemFactory;
use Magento\Tax\Model\Sales\Order\TaxFactory;

/**
 * Writes the tax under its own title, so that orders, invoices, credit memos and the tax report can tell it apart.
 */
class TaxRows
{
    public function __construct(private readonly TaxFactory $taxFactory, private readonly ItemFactory $itemFactory)
    {
    }

    /**
     * One row for the order and one for each part of it that is taxed. None where there is no tax.
     *
     * @param array<int, int> $taxOfItems minor units by order item
     */
    public function write(Order $order, Draft $draft, array $taxOfItems): void
    {
        if ($draft->tax() === 0) {
            return;
        }
        $taxable = $draft->grand() - $draft->tax();
        $percent = $taxable > 0 ? round($draft->tax() * 100 / $taxable, 4) : 0;
        $tax = $this->taxFactory->create();
        $amount = Money::number($draft->tax(), $draft->currency);
        $tax->setData([
            'order_id' => $order->getId(), 'code' => TaxTitle::code($draft->taxRemittedBy),
            'title' => TaxTitle::of($draft->taxRemittedBy), 'percent' => $percent, 'priority' => 0, 'position' => 0,
            'process' => 0, 'amount' => $amount, 'base_amount' => $amount, 'base_real_amount' => $amount,
        ])->save();
        $parts = [];
        foreach ($taxOfItems as $itemId => $minor) {
            $parts[] = ['product', $itemId, $minor];
        }
        $parts[] = ['shipping', null, $draft->shipping->tax];
        $parts[] = ['shopbridge_fees', null, $draft->feeTax()];
        foreach ($parts as [$type, $itemId, $minor]) {
            if ($minor !== 0) {
                $amount = Money::number($minor, $draft->currency);
                $this->itemFactory->create()->setData([
                    'tax_id' => $tax->getId(), 'item_id' => $itemId, 'tax_percent' => $percent, 'amount' => $amount,
                    'base_amount' => $amount, 'real_amount' => $amount, 'real_base_amount' => $amount,
                    'taxable_item_type' => $type,
                ])->save();
            }
        }
    }
}
