<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Sales\Model\Order;
use Magento\Sales\Model\Order\Creditmemo;
use Magento\Sales\Model\Order\Item;
use Magento\Sales\Model\Order\Shipment;
use Magento\Sales\Model\ResourceModel\Order\Creditmemo\CollectionFactory as CreditmemoCollectionFactory;
use Magento\Sales\Model\ResourceModel\Order\Shipment\CollectionFactory as ShipmentCollectionFactory;
use Shopbridge\TikTokShop\Model\Offers\Families;

/**
 * An order in the contract's words (section 5): amounts are the shop's own sums, read from its rows.
 */
class Description
{
    /** Where the hub keeps TikTok's line ids in an order that it made without this module. */
    private const BARE_LINE_IDS = 'tiktok_line_ids';

    public function __construct(
        private readonly Keys $keys,
        private readonly Families $families,
        private readonly ShipmentCollectionFactory $shipments,
        private readonly CreditmemoCollectionFactory $creditmemos
    ) {
    }

    /**
     * What creating answers.
     *
     * @param array<string, mixed>|null $row the key's row; none or empty for an order made without this module
     * @return array<string, mixed>
     */
    public function short(Order $order, ?array $row): array
    {
        $currency = (string) $order->getOrderCurrencyCode();
        $inside = (bool) ($row['prices_include_tax'] ?? false);
        $minor = static fn (mixed $amount): int => Money::ofStored($amount, $currency);
        $goods = 0;
        foreach ($order->getAllItems() as $item) {
            $goods += $minor($item->getRowTotal()) - $minor($item->getDiscountAmount()) + ($inside ? $minor($item->getTaxAmount()) : 0);
        }
        $shipping = $minor($order->getShippingAmount()) - $minor($order->getShippingDiscountAmount())
            + ($inside ? $minor($order->getShippingTaxAmount()) : 0);
        $tax = $minor($order->getTaxAmount());
        $grand = $minor($order->getGrandTotal());
        $fees = $minor($row['fees'] ?? 0) + ($inside ? $this->feeTax($row ?? []) : 0);
        $asked = isset($row['grand']) ? $minor($row['grand']) : $grand;
        return [
            'order_id' => (string) $order->getId(),
            'number' => (string) $order->getIncrementId(),
            'state' => (string) $order->getState(),
            'totals' => [
                'goods' => Money::text($goods, $currency),
                'shipping' => Money::text($shipping, $currency),
                'fees' => Money::text($fees, $currency),
                'tax' => Money::text($tax, $currency),
                'grand' => Money::text($grand, $currency),
            ],
            'difference' => $grand === $asked ? null : [
                'amount' => Money::text($grand - $asked, $currency),
                'reason' => 'another extension of this shop changes the total',
            ],
            'oversold' => (bool) ($row['oversold'] ?? false),
        ];
    }

    /**
     * All that the hub may know of an order.
     *
     * @param array<string, mixed> $row the key's row; empty for an order made without this module
     * @return array<string, mixed>
     */
    public function full(Order $order, array $row): array
    {
        $currency = (string) $order->getOrderCurrencyCode();
        $lines = $this->keys->lines((int) $order->getId());
        $remittedBy = (string) ($row['tax_remitted_by'] ?? '');
        return $this->short($order, $row) + [
            'key' => (string) $order->getExtOrderId(),
            'status' => (string) $order->getStatus(),
            'currency' => $currency,
            'tax_remitted_by' => $remittedBy,
            'tax_title' => TaxTitle::of($remittedBy),
            'refunded' => Money::text(Money::ofStored($order->getTotalRefunded(), $currency), $currency),
            'placed_at' => $this->time((string) $order->getCreatedAt()),
            'updated_at' => $this->time((string) $order->getUpdatedAt()),
            'tiktok' => (object) array_filter([
                'status' => (string) ($row['tiktok_status'] ?? ''),
                'dates' => json_decode((string) ($row['dates'] ?? ''), true) ?: null,
            ]),
            'lines' => $this->lines($order, $row, $lines),
            'shipments' => $this->shipments($order, $lines),
            'refunds' => $this->refunds($order),
        ];
    }

    /**
     * TikTok's line ids of an order item.
     *
     * @param array<int, array<string, mixed>> $lines as Keys gives them
     * @return string[]
     */
    public function lineIds(Item $item, array $lines): array
    {
        if (isset($lines[(int) $item->getId()])) {
            return $lines[(int) $item->getId()]['line_ids'];
        }
        $said = json_decode((string) $item->getAdditionalData(), true);
        $ids = is_array($said) ? $said[self::BARE_LINE_IDS] ?? [] : [];
        return is_array($ids) ? array_values(array_filter($ids, 'is_string')) : [];
    }

    /**
     * @param array<string, mixed> $row
     */
    private function feeTax(array $row): int
    {
        $money = json_decode((string) ($row['money'] ?? ''), true);
        return (int) array_sum(array_column($money['fees'] ?? [], 'tax'));
    }

    /**
     * @param array<string, mixed> $row
     * @param array<int, array<string, mixed>> $lines
     * @return list<array<string, mixed>>
     */
    private function lines(Order $order, array $row, array $lines): array
    {
        $currency = (string) $order->getOrderCurrencyCode();
        $items = $order->getAllItems();
        $parents = $this->families->parents(array_map(static fn (Item $item): int => (int) $item->getProductId(), $items));
        $inside = (bool) ($row['prices_include_tax'] ?? false);
        $described = [];
        foreach ($items as $item) {
            $id = (int) $item->getProductId();
            $line = $lines[(int) $item->getId()] ?? [];
            $tax = Money::ofStored($item->getTaxAmount(), $currency);
            $net = Money::ofStored($item->getRowTotal(), $currency) - Money::ofStored($item->getDiscountAmount(), $currency)
                + ($inside ? $tax : 0);
            $described[] = [
                'line_ids' => $this->lineIds($item, $lines),
                'product_id' => (string) (($line['product_id'] ?? '') ?: $parents[$id][0] ?? ($id ?: '')),
                'variant_id' => (string) ($id ?: ''),
                'sku' => (string) $item->getSku(),
                'quantity' => (int) $item->getQtyOrdered(),
                'shipped' => (int) $item->getQtyShipped(),
                'refunded' => (int) $item->getQtyRefunded(),
                'net' => Money::text($net, $currency),
                'tax' => Money::text($tax, $currency),
            ];
        }
        return $described;
    }

    /**
     * @param array<int, array<string, mixed>> $lines
     * @return list<array<string, mixed>>
     */
    private function shipments(Order $order, array $lines): array
    {
        $known = array_column($this->keys->documents((int) $order->getId(), Keys::SHIPMENT), 'hub_key', 'document_id');
        $described = [];
        /** @var Shipment $shipment */
        foreach ($this->shipments->create()->setOrderFilter($order)->setOrder('entity_id', 'ASC') as $shipment) {
            $shipment->setOrder($order);
            $tracks = $parcels = [];
            foreach ($shipment->getAllTracks() as $track) {
                $tracks[] = [
                    'carrier_code' => (string) $track->getCarrierCode(), 'title' => (string) $track->getTitle(),
                    'number' => (string) $track->getTrackNumber(),
                ];
            }
            foreach ($shipment->getAllItems() as $item) {
                $orderItem = $order->getItemById($item->getOrderItemId());
                $parcels[] = [
                    'line_ids' => $orderItem === null ? [] : $this->lineIds($orderItem, $lines),
                    'sku' => (string) $item->getSku(), 'quantity' => (int) $item->getQty(),
                ];
            }
            $described[] = [
                'shipment_id' => (string) $shipment->getId(),
                'ship_key' => (string) ($known[$shipment->getId()] ?? ''),
                'created_at' => $this->time((string) $shipment->getCreatedAt()),
                'tracks' => $tracks,
                'lines' => $parcels,
            ];
        }
        return $described;
    }

    /**
     * @return list<array<string, mixed>>
     */
    private function refunds(Order $order): array
    {
        $known = array_column($this->keys->documents((int) $order->getId(), Keys::CREDITMEMO), 'hub_key', 'document_id');
        $currency = (string) $order->getOrderCurrencyCode();
        $described = [];
        /** @var Creditmemo $memo */
        foreach ($this->creditmemos->create()->setOrderFilter($order)->setOrder('entity_id', 'ASC') as $memo) {
            $described[] = [
                'refund_id' => (string) $memo->getId(),
                'refund_key' => (string) ($known[$memo->getId()] ?? ''),
                'created_at' => $this->time((string) $memo->getCreatedAt()),
                'total' => Money::text(Money::ofStored($memo->getGrandTotal(), $currency), $currency),
            ];
        }
        return $described;
    }

    /**
     * The shop's own UTC time as RFC 3339.
     */
    private function time(string $stored): string
    {
        return $stored === '' ? '' : (new \DateTimeImmutable($stored, new \DateTimeZone('UTC')))->format('Y-m-d\TH:i:s\Z');
    }
}
