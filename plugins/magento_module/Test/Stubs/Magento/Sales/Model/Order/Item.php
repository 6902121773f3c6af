<?php

declare(strict_types=1);

namespace Magento\Sales\Model\Order;

use Magento\Framework\DataObject;

class Item extends DataObject
{
    public function getQtyToRefund()
    {
        return max($this->getQtyInvoiced() - $this->getQtyRefunded(), 0);
    }
}
