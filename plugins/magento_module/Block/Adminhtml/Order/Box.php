<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Order;

use Magento\Backend\Block\Template\Context;
use Magento\Framework\AuthorizationInterface;
use Magento\Framework\Registry;
use Magento\Sales\Block\Adminhtml\Order\AbstractOrder;
use Magento\Sales\Helper\Admin;
use Magento\Sales\Model\Order;
use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Grid\OrderStatus;
use Shopbridge\TikTokShop\Model\Order\Fees;
use Shopbridge\TikTokShop\Model\Order\Money;

/**
 * TikTok Shop on the order page: its id, status and ship-by time, who ships, and where each amount comes from.
 */
class Box extends AbstractOrder
{
    private ?bool $isToShip = null;

    /**
     * @param array<string, mixed> $data
     */
    public function __construct(
        Context $context,
        Registry $registry,
        Admin $adminHelper,
        private readonly Fees $fees,
        private readonly OrderStatus $status,
        private readonly Clock $clock,
        private readonly AuthorizationInterface $authorization,
        array $data = []
    ) {
        parent::__construct($context, $registry, $adminHelper, $data);
    }

    /**
     * What was kept of the TikTok order; null for an order of the shop itself.
     *
     * @return array<string, mixed>|null
     */
    public function getRow(): ?array
    {
        return $this->authorization->isAllowed('Shopbridge_TikTokShop::orders') ? $this->fees->rowOf($this->getOrder()) : null;
    }

    /**
     * @return list<array{label: string, value: string}>
     */
    public function getFacts(): array
    {
        $row = (array) $this->getRow();
        $facts = [
            ['label' => (string) __('TikTok Shop order id'), 'value' => (string) $row['order_key']],
            ['label' => (string) __('Status on TikTok Shop'), 'value' => $this->status->word((string) $row['tiktok_status'])],
            ['label' => (string) __('Shipping'), 'value' => (string) $this->shipping((string) $row['shipping_type'])],
        ];
        if ($row['ship_by'] !== null && $this->isToShip()) {
            $facts[] = ['label' => (string) __('Ship by'), 'value' => $this->shipBy((string) $row['ship_by'])];
        }
        if ($row['shop_id'] !== '') {
            $facts[] = ['label' => (string) __('TikTok shop'), 'value' => trim($row['shop_id'] . ' · ' . $row['region'], ' ·')];
        }
        if ((int) $row['oversold'] === 1) {
            $facts[] = ['label' => (string) __('Stock'), 'value' => (string) __('More was sold than there was. Restock, or cancel on TikTok Shop.')];
        }
        return $facts;
    }

    /**
     * Where the browser asks for the newest status.
     */
    public function getStatusUrl(): string
    {
        return $this->getUrl('shopbridge/orders/status', ['key' => (string) ($this->getRow()['order_key'] ?? '')]);
    }

    /**
     * The way from the prices to what the buyer paid.
     *
     * @return list<array{label: string, amount: string, isSum: bool}>
     */
    public function getMoney(): array
    {
        $row = (array) $this->getRow();
        $money = $this->fees->money($row);
        $currency = (string) $row['currency'];
        $isInside = (int) $row['prices_include_tax'] === 1;
        $lines = [$this->line(__('Goods at full price'), Money::number((int) ($money['lines'] ?? 0), $currency))];
        if ((int) ($money['shipping'] ?? 0) !== 0) {
            $lines[] = $this->line(__('Shipping at full price'), Money::number((int) $money['shipping'], $currency));
        }
        $discounts = [
            'seller_discount' => __('Your discount'),
            'platform_discount' => __('TikTok Shop\'s discount, paid by TikTok Shop'),
            'cofunded_discount' => __('Shipping discount, shared with TikTok Shop'),
        ];
        foreach ($discounts as $name => $label) {
            if ((int) ($money[$name] ?? 0) !== 0) {
                $lines[] = $this->line($label, -Money::number((int) $money[$name], $currency));
            }
        }
        foreach ((array) ($money['fees'] ?? []) as $fee) {
            $amount = (int) $fee['amount'] + ($isInside ? (int) $fee['tax'] : 0);
            $lines[] = $this->line(__((string) $fee['title']), Money::number($amount, $currency));
        }
        if (!$isInside && (int) ($money['tax'] ?? 0) !== 0) {
            $lines[] = $this->line($this->taxLabel($row), Money::number((int) $money['tax'], $currency));
        }
        $lines[] = ['isSum' => true] + $this->line(__('Paid by the buyer'), (float) $row['grand']);
        if ($isInside && (int) ($money['tax'] ?? 0) !== 0) {
            $lines[] = $this->line(__('In it: %1', $this->taxLabel($row)), Money::number((int) $money['tax'], $currency));
        }
        return $lines;
    }

    protected function _toHtml(): string
    {
        return $this->getRow() === null ? '' : parent::_toHtml();
    }

    /**
     * @return array{label: string, amount: string, isSum: bool}
     */
    private function line(\Magento\Framework\Phrase $label, float $amount): array
    {
        return ['label' => (string) $label, 'amount' => $this->getOrder()->formatPriceTxt($amount), 'isSum' => false];
    }

    /**
     * @param array<string, mixed> $row
     */
    private function taxLabel(array $row): \Magento\Framework\Phrase
    {
        return $row['tax_remitted_by'] === 'tiktok' ? __('Tax, collected and remitted by TikTok Shop') : __('Tax, for you to remit');
    }

    private function shipping(string $type): \Magento\Framework\Phrase
    {
        if ($type === 'platform') {
            return __('By TikTok Shop: it tells the parcel and its number');
        }
        return $this->isToShip() ? __('By you: add the tracking number under Ship') : __('By you');
    }

    /**
     * Whether a parcel is still to be sent: nothing left, was cancelled or given back.
     */
    private function isToShip(): bool
    {
        if ($this->isToShip === null) {
            $isOver = in_array($this->getOrder()->getState(), [Order::STATE_CANCELED, Order::STATE_CLOSED, Order::STATE_COMPLETE], true);
            $this->isToShip = !$isOver && (int) $this->getOrder()->getShipmentsCollection()->getSize() === 0;
        }
        return $this->isToShip;
    }

    private function shipBy(string $utc): string
    {
        $at = new \DateTime($utc, new \DateTimeZone('UTC'));
        $shown = $this->formatDate($at, \IntlDateFormatter::MEDIUM, true);
        $hours = intdiv($at->getTimestamp() - $this->clock->now(), 3600);
        if ($at->getTimestamp() < $this->clock->now()) {
            return (string) __('%1: late', $shown);
        }
        return $hours < 48 ? (string) __('%1: in %2 hours', $shown, $hours) : $shown;
    }
}
