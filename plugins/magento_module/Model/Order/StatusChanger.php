<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\Exception\LocalizedException;
use Magento\Sales\Api\OrderManagementInterface;
use Magento\Sales\Api\OrderRepositoryInterface;
use Magento\Sales\Model\Order;
use Shopbridge\TikTokShop\Model\Api\Answer;

/**
 * Keeps TikTok Shop's status and dates for the admin's box, holds and releases, and takes an unpaid order as paid.
 */
class StatusChanger
{
    public function __construct(
        private readonly Finder $finder,
        private readonly Keys $keys,
        private readonly Transaction $transaction,
        private readonly OrderManagementInterface $orders,
        private readonly OrderRepositoryInterface $repository,
        private readonly Description $description
    ) {
    }

    /**
     * @throws Refusal
     */
    public function change(string $key, mixed $body): Answer
    {
        $body = is_array($body) ? $body : ['hold' => ''];
        $hold = $body['hold'] ?? null;
        if ($hold !== null && !is_bool($hold)) {
            throw Refusal::problem('malformed', 'hold', 'hold is true, false or null');
        }
        return $this->transaction->run(fn (): Answer => $this->once($key, $body, $hold));
    }

    /**
     * @param array<mixed> $body
     */
    private function once(string $key, array $body, ?bool $hold): Answer
    {
        [$order, $row] = $this->finder->get($key, forUpdate: true);
        $orderId = (int) $order->getId();
        $isHeld = $order->getState() === Order::STATE_HOLDED;
        try {
            if ($hold === true && !$isHeld) {
                $this->orders->hold($orderId);
            } elseif ($hold === false && $isHeld) {
                $this->orders->unHold($orderId);
            }
        } catch (LocalizedException) {
            throw Refusal::cannot('hold', (string) $order->getState());
        }
        [$order] = $this->finder->get($key);
        $status = is_string($body['status'] ?? null) ? $body['status'] : '';
        if ($order->getState() === Order::STATE_PENDING_PAYMENT && !in_array(strtolower($status), ['', 'unpaid'], true)) {
            $paid = $order->getConfig()->getStateDefaultStatus(Order::STATE_PROCESSING);
            $order->setState(Order::STATE_PROCESSING)->setStatus($paid);
            $this->repository->save($order);
        }
        $columns = [];
        if ($status !== '') {
            $columns['tiktok_status'] = substr($status, 0, 64);
        }
        if (is_array($body['dates'] ?? null) && $body['dates'] !== []) {
            $columns['dates'] = json_encode($body['dates']);
            $shipBy = Fields::time((string) ($body['dates']['ship_by'] ?? ''));
            $columns += $shipBy === null ? [] : ['ship_by' => $shipBy->format('Y-m-d H:i:s')];
        }
        if ($columns !== [] && $row !== []) {
            $this->keys->change($key, $columns);
            $row = $columns + $row;
        }
        return new Answer($this->description->full($order, $row));
    }
}
