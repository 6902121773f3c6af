<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Order;

use Magento\Framework\DataObject;
use Magento\Framework\Phrase;
use Magento\Sales\Block\Order\Totals;
use Magento\Sales\Model\Order;
use Shopbridge\TikTokShop\Model\Order\Fees;
use Shopbridge\TikTokShop\Model\Order\Money;

/**
 * Shows the money of a TikTok Shop order as TikTok Shop named it, in orders, invoices and credit memos alike: who gave
 * which discount, each other charge, and whose the tax is.
 */
class ExplainTotals
{
    public function __construct(private readonly Fees $fees)
    {
    }

    /**
     * @param DataObject[] $result
     * @param string|null $area
     * @return list<DataObject>
     */
    public function afterGetTotals(Totals $subject, $result, $area = null): array
    {
        $source = $subject->getSource();
        $order = $source instanceof Order ? $source : $subject->getOrder();
        $row = $order instanceof Order ? $this->fees->rowOf($order) : null;
        if ($row === null || !is_array($result) || (string) $area !== '') {
            return (array) $result;
        }
        $currency = (string) $order->getOrderCurrencyCode();
        $money = $this->fees->money($row);
        $totals = [];
        foreach ($result as $total) {
            if ($total->getCode() === 'discount') {
                array_push($totals, ...$this->discounts($source, $order, $total, $money, $currency));
            } elseif ($total->getCode() === 'tax' && $row['tax_remitted_by'] === 'tiktok') {
                $label = __('Tax collected and remitted by TikTok Shop');
                $totals[] = $this->total('tax', $label, (float) $source->getTaxAmount());
            } else {
                $totals[] = $total;
            }
        }
        foreach ($this->fees->named($source, $row) as $place => $fee) {
            $totals[] = $this->total("shopbridge_fee_$place", $fee['title'], Money::number($fee['amount'], $currency));
        }
        return $totals;
    }

    /**
     * Two named discounts where the document holds all of them; else the sum as it is.
     *
     * @param array<string, mixed> $money
     * @return list<DataObject>
     */
    private function discounts(DataObject $source, Order $order, DataObject $total, array $money, string $currency): array
    {
        if (abs((float) $source->getDiscountAmount() - (float) $order->getDiscountAmount()) > 0.00001) {
            $total->setLabel(__('Discount'));
            return [$total];
        }
        $found = [];
        $titles = [
            'seller_discount' => __('Seller discount'),
            'platform_discount' => __('TikTok Shop discount'),
            'cofunded_discount' => __('Co-funded shipping discount'),
        ];
        foreach ($titles as $name => $title) {
            $minor = (int) ($money[$name] ?? 0);
            if ($minor !== 0) {
                $found[] = $this->total("shopbridge_$name", $title, -Money::number($minor, $currency));
            }
        }
        return $found ?: [$total];
    }

    private function total(string $code, Phrase|string $label, float $value): DataObject
    {
        return new DataObject([
            'code' => $code, 'label' => $label, 'value' => $value, 'base_value' => $value, 'strong' => false,
        ]);
    }
}
