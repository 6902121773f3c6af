<?php

declare(strict_types=1);

namespace Magento\Sales\Model\Order;

use Magento\Framework\DataObject;

class Creditmemo extends DataObject
{
    /** @var DataObject[] */
    public array $items = [];

    public function addItem($item)
    {
        $this->items[] = $item;
        return $this;
    }

    public function addComment($comment, $notify = false, $visibleOnFront = false)
    {
        return $this->setData('comment', $comment);
    }
}
