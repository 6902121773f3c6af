<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Order;

use Magento\InventorySalesApi\Api\Data\ItemToSellInterface;
use Magento\InventorySalesApi\Api\Data\SalesChannelInterface;
use Magento\InventorySalesApi\Api\Data\SalesEventInterface;
use Magento\InventorySalesApi\Api\PlaceReservationsForSalesEventInterface;
use Shopbridge\TikTokShop\Model\Order\Transaction;

/**
 * Where placing fails, the shop writes a reservation that gives the stock back. Inside our transaction the one that
 * took it is undone, too, and after a deadlock the gift would even stand alone: so it is left out there.
 */
class KeepReservations
{
    public function __construct(private readonly Transaction $transaction)
    {
    }

    /**
     * @param ItemToSellInterface[] $items
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function aroundExecute(
        PlaceReservationsForSalesEventInterface $subject,
        callable $proceed,
        array $items,
        SalesChannelInterface $salesChannel,
        SalesEventInterface $salesEvent
    ): void {
        if (!$this->transaction->isRunning() || $salesEvent->getType() !== SalesEventInterface::EVENT_ORDER_PLACE_FAILED) {
            $proceed($items, $salesChannel, $salesEvent);
        }
    }
}
