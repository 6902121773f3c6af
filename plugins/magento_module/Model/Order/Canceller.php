<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\InventoryApi\Api\GetSourceItemsBySkuInterface;
use Magento\InventoryApi\Api\SourceItemsSaveInterface;
use Magento\Sales\Api\OrderManagementInterface;
use Magento\Sales\Model\Order;
use Shopbridge\TikTokShop\Model\Api\Answer;

/**
 * Cancels an order; once more is the same, not a mistake.
 */
class Canceller
{
    public function __construct(
        private readonly Finder $finder,
        private readonly Transaction $transaction,
        private readonly OrderManagementInterface $orders,
        private readonly Sources $sources,
        private readonly GetSourceItemsBySkuInterface $sourceItems,
        private readonly SourceItemsSaveInterface $saveSourceItems,
        private readonly Description $description,
        private readonly Reason $reason
    ) {
    }

    /**
     * @throws Refusal
     */
    public function cancel(string $key, mixed $body): Answer
    {
        $body = is_array($body) ? $body : [];
        $fields = new Fields();
        $restock = $fields->flag($body, 'restock', default: true);
        if ($fields->problems() !== []) {
            throw Refusal::problems($fields->problems());
        }
        $reason = is_string($body['reason'] ?? null) ? $body['reason'] : '';
        return $this->transaction->run(fn (): Answer => $this->once($key, $reason, $restock));
    }

    private function once(string $key, string $reason, bool $restock): Answer
    {
        [$order, $row] = $this->finder->get($key, forUpdate: true);
        $same = $order->getState() === Order::STATE_CANCELED;
        if (!$same) {
            $state = (string) $order->getState();
            $orderId = (int) $order->getId();
            if ($state === Order::STATE_HOLDED) {
                // As the buyer may cancel in the grace hour.
                $this->orders->unHold($orderId);
            }
            foreach ($order->getAllItems() as $item) {
                // The shop itself would cancel the rest of an order that is partly on its way.
                if ((float) $item->getQtyShipped() > 0 || (float) $item->getQtyInvoiced() > 0) {
                    throw Refusal::cannot('cancel', $state);
                }
            }
            if (!$this->orders->cancel($orderId)) {
                throw Refusal::cannot('cancel', $state);
            }
            [$order, $row] = $this->finder->get($key);
            if (!$restock) {
                $this->takeAway($order);
            }
            $order->addCommentToStatusHistory((string) $this->reason->cancelled($reason))->setIsCustomerNotified(0)->save();
        }
        return new Answer($this->description->full($order, $row) + ['same' => $same]);
    }

    /**
     * The goods are gone though nobody gets them: the reservation came back, so the source loses them.
     */
    private function takeAway(Order $order): void
    {
        $quantities = [];
        foreach ($order->getAllItems() as $item) {
            $sku = (string) $item->getSku();
            $quantities[$sku] = ($quantities[$sku] ?? 0) + (int) $item->getQtyCanceled();
        }
        $source = $this->sources->forParcel($quantities, (int) $order->getStore()->getWebsiteId());
        $changed = [];
        foreach ($quantities as $sku => $quantity) {
            foreach ($this->sourceItems->execute((string) $sku) as $item) {
                if ($item->getSourceCode() === $source) {
                    $item->setQuantity(max(0.0, (float) $item->getQuantity() - $quantity));
                    $changed[] = $item;
                }
            }
        }
        if ($changed !== []) {
            $this->saveSourceItems->execute($changed);
        }
    }
}
