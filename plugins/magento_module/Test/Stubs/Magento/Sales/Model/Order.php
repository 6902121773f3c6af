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

    /** @var string[] */
    public array $comments = [];

    public function addCommentToStatusHistory(string $comment): self
    {
        $this->comments[] = $comment;
        return $this;
    }

    public function setIsCustomerNotified(int $notified): self
    {
        return $this;
    }

    public function save(): self
    {
        return $this;
    }

    /** @return Item[] */
    public function getAllItems(): array
    {
        return $this->items;
    }
}
