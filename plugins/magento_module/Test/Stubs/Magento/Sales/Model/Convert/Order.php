<?php

declare(strict_types=1);

namespace Magento\Sales\Model\Convert;

use Magento\Framework\DataObject;
use Magento\Sales\Model\Order\Creditmemo;

class Order
{
    public function toCreditmemo($order)
    {
        return new Creditmemo(['order_id' => $order->getId()]);
    }

    public function itemToCreditmemoItem($item)
    {
        return new DataObject(['order_item_id' => $item->getId()]);
    }
}
