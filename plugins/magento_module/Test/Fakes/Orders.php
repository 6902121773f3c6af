<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Magento\Sales\Api\OrderManagementInterface;
use Magento\Sales\Model\Order;
use Shopbridge\TikTokShop\Model\Order\Transaction;

/**
 * A shop that places orders, or fails while it does.
 */
class Orders implements OrderManagementInterface
{
    /** @var Order[] by id */
    public array $placed = [];
    public ?\Throwable $failure = null;

    /** @var bool[] whether each placing went on inside a transaction */
    public array $inTransaction = [];

    public function __construct(private readonly Transaction $transaction)
    {
    }

    public function place($order)
    {
        $this->inTransaction[] = $this->transaction->isRunning();
        if ($this->failure !== null) {
            $failure = $this->failure;
            $this->failure = null;
            throw $failure;
        }
        $order->setId(count($this->placed) + 1);
        $this->placed[$order->getId()] = $order;
        return $order;
    }
}
