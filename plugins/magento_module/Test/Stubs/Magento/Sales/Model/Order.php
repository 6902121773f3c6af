<?php

declare(strict_types=1);

namespace Magento\Sales\Model;

use Magento\Framework\DataObject;
use Magento\Sales\Model\Order\Item;

class Order extends DataObject
{
    public const STATE_PROCESSING = 'processing';

    /** @var Item[] */
    public array $items = [];

    /** @return Item[] */
    public function getAllItems(): array
    {
        return $this->items;
    }
}
