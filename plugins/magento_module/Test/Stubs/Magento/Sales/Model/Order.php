<?php

declare(strict_types=1);

namespace Magento\Sales\Model;

use Magento\Sales\Model\Order\Item;

class Order
{
    public const STATE_PROCESSING = 'processing';

    /** @var Item[] */
    public array $items = [];
    public ?int $id = null;
    public string $number = '';

    public function getId(): ?int
    {
        return $this->id;
    }

    public function getIncrementId(): string
    {
        return $this->number;
    }

    /** @return Item[] */
    public function getAllItems(): array
    {
        return $this->items;
    }
}
