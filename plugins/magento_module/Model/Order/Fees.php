<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\DataObject;
use Magento\Sales\Model\Order;
use Shopbridge\TikTokShop\Model\Payment\Method;

/**
 * TikTok Shop's other charges (retail delivery, small order, …) of an order and of its documents.
 */
class Fees
{
    /** Where a document carries its charges until it is saved. */
    public const FIELD = 'shopbridge_fees';

    /** @var array<int, array<string, mixed>|null> */
    private array $rows = [];

    public function __construct(private readonly Keys $keys)
    {
    }

    /**
     * The key's row of an order of TikTok Shop; null for all others, without a query.
     *
     * @return array<string, mixed>|null
     */
    public function rowOf(Order $order): ?array
    {
        $id = (int) $order->getId();
        if ($id === 0 || $order->getPayment()?->getMethod() !== Method::CODE) {
            return null;
        }
        return $this->rows[$id] ??= $this->keys->rowOfOrder($id);
    }

    /**
     * What TikTok Shop said of the order's money, amounts in minor units.
     *
     * @param array<string, mixed> $row
     * @return array<string, mixed>
     */
    public function money(array $row): array
    {
        return json_decode((string) $row['money'], true) ?: [];
    }

    /**
     * Charges, without their tax, that no invoice has yet; minor units.
     */
    public function toInvoice(Order $order): int
    {
        return $this->ofOrder($order) - $this->inDocuments($order, Keys::INVOICE);
    }

    /**
     * Charges that were invoiced and not given back; minor units.
     */
    public function toRefund(Order $order): int
    {
        return $this->inDocuments($order, Keys::INVOICE) - $this->inDocuments($order, Keys::CREDITMEMO);
    }

    /**
     * Charges in one invoice or credit memo, saved or just made; minor units.
     */
    public function inDocument(Order\Invoice|Order\Creditmemo $document): int
    {
        $currency = (string) $document->getOrderCurrencyCode();
        if ($document->hasData(self::FIELD)) {
            return Money::ofStored($document->getData(self::FIELD), $currency);
        }
        $kind = $document instanceof Order\Invoice ? Keys::INVOICE : Keys::CREDITMEMO;
        $row = $document->getId() ? $this->keys->document($kind, (int) $document->getId()) : null;
        return Money::ofStored($row['fees'] ?? 0, $currency);
    }

    /**
     * The charges of an order or of one of its documents by their titles, amounts in minor units; under one common
     * title where only a part of them is in the document.
     *
     * @param array<string, mixed> $row the key's row
     * @return list<array{title: string, amount: int}>
     */
    public function named(DataObject $source, array $row): array
    {
        $all = array_map(
            static fn (array $fee): array => ['title' => (string) $fee['title'], 'amount' => (int) $fee['amount']],
            $this->money($row)['fees'] ?? []
        );
        $sum = array_sum(array_column($all, 'amount'));
        $isDocument = $source instanceof Order\Invoice || $source instanceof Order\Creditmemo;
        $here = $isDocument ? $this->inDocument($source) : $sum;
        if ($here === $sum && $here !== 0) {
            return $all;
        }
        return $here === 0 ? [] : [['title' => (string) __('Other TikTok Shop charges'), 'amount' => $here]];
    }

    private function ofOrder(Order $order): int
    {
        $row = $this->rowOf($order);
        return $row === null ? 0 : Money::ofStored($row['fees'], (string) $row['currency']);
    }

    private function inDocuments(Order $order, string $kind): int
    {
        $row = $this->rowOf($order);
        $sum = 0;
        foreach ($row === null ? [] : $this->keys->documents((int) $order->getId(), $kind) as $document) {
            $sum += Money::ofStored($document['fees'], (string) $row['currency']);
        }
        return $sum;
    }
}
