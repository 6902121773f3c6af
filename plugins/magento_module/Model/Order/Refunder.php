<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\Exception\LocalizedException;
use Magento\Sales\Api\CreditmemoManagementInterface;
use Magento\Sales\Api\OrderManagementInterface;
use Magento\Sales\Api\OrderRepositoryInterface;
use Magento\Sales\Model\Order;
use Shopbridge\TikTokShop\Model\Api\Answer;

/**
 * Makes the credit memo of a refund once per refund_key, for TikTok Shop's exact amount. The invoice that a credit memo
 * needs is made where it is missing: the buyer has paid.
 */
class Refunder
{
    public function __construct(
        private readonly Finder $finder,
        private readonly Keys $keys,
        private readonly Transaction $transaction,
        private readonly RefundReader $reader,
        private readonly MemoBuilder $builder,
        private readonly Invoicer $invoicer,
        private readonly CreditmemoManagementInterface $creditmemos,
        private readonly OrderManagementInterface $orders,
        private readonly OrderRepositoryInterface $repository,
        private readonly Description $description
    ) {
    }

    /**
     * @throws Refusal
     */
    public function refund(string $key, mixed $body): Answer
    {
        return $this->transaction->run(fn (): Answer => $this->once($key, $body));
    }

    private function once(string $key, mixed $body): Answer
    {
        [$order, $row] = $this->finder->get($key, forUpdate: true);
        $currency = (string) $order->getOrderCurrencyCode();
        $refund = $this->reader->read($body, $currency, (bool) ($row['prices_include_tax'] ?? false));
        $content = Content::hash((array) $body);
        $lineIds = array_values(array_unique(array_column($refund->lines, 'line_id')));
        $orderId = (int) $order->getId();
        $rowId = $this->keys->takeDocument($key, Keys::CREDITMEMO, $refund->refundKey, $orderId, $content, $lineIds);
        if ($rowId === null) {
            $known = (array) $this->keys->documentOfHub($key, Keys::CREDITMEMO, $refund->refundKey);
            return $this->answer($order, $row, $refund, (int) $known['document_id'], 200, $known['content'] === $content);
        }
        $this->check($order, $refund, $lineIds, $currency);
        if ($order->getState() === Order::STATE_HOLDED) {
            $this->orders->unHold($orderId);
            [$order] = $this->finder->get($key);
        }
        $this->invoicer->invoice($order);
        [$order] = $this->finder->get($key);
        $memo = $this->builder->build($order, $row, $refund);
        try {
            $this->creditmemos->refund($memo, true);
        } catch (LocalizedException $exception) {
            if (str_contains($exception->getMessage(), 'SQLSTATE')) {
                throw Refusal::later('the shop is busy with this order');
            }
            throw Refusal::cannot('refund', (string) $order->getState(), $exception->getMessage());
        }
        $this->keys->nameDocument($rowId, (int) $memo->getId(), Money::text($refund->fees(), $currency));
        [$order, $row] = $this->finder->get($key);
        $this->close($order, $currency);
        return $this->answer($order, $row, $refund, (int) $memo->getId(), 201, null);
    }

    /**
     * @param string[] $lineIds
     */
    private function check(Order $order, RefundDraft $refund, array $lineIds, string $currency): void
    {
        $state = (string) $order->getState();
        if (in_array($state, [Order::STATE_CANCELED, Order::STATE_CLOSED, Order::STATE_PENDING_PAYMENT], true)) {
            throw Refusal::cannot('refund', $state);
        }
        $lines = $this->keys->lines((int) $order->getId());
        $known = [];
        foreach ($order->getAllItems() as $item) {
            array_push($known, ...$this->description->lineIds($item, $lines));
        }
        $unknown = array_diff($lineIds, $known);
        if ($unknown !== []) {
            throw Refusal::problem('unknown_line', 'lines', 'this order has no line ' . implode(', ', $unknown));
        }
        $left = Money::ofStored($order->getGrandTotal(), $currency) - Money::ofStored($order->getTotalRefunded(), $currency);
        if ($refund->total > $left) {
            $says = 'only ' . Money::text($left, $currency) . ' of this order is left to refund';
            throw Refusal::problem('too_much', 'total', $says);
        }
    }

    /**
     * An order whose whole money is back is closed, whatever the refund's lines named.
     */
    private function close(Order $order, string $currency): void
    {
        $isOver = Money::ofStored($order->getTotalRefunded(), $currency) >= Money::ofStored($order->getGrandTotal(), $currency);
        if ($isOver && $order->getState() !== Order::STATE_CLOSED) {
            $order->setState(Order::STATE_CLOSED)->setStatus($order->getConfig()->getStateDefaultStatus(Order::STATE_CLOSED));
            $this->repository->save($order);
        }
    }

    /**
     * @param array<string, mixed> $row
     */
    private function answer(Order $order, array $row, RefundDraft $refund, int $memoId, int $status, ?bool $same): Answer
    {
        $body = $this->description->full($order, $row);
        $totals = array_column($body['refunds'], 'total', 'refund_id');
        return new Answer($body + [
            'refund_key' => $refund->refundKey, 'refund_id' => (string) $memoId, 'total' => $totals[(string) $memoId] ?? null,
        ] + ($same === null ? [] : ['same' => $same]), $status);
    }
}
