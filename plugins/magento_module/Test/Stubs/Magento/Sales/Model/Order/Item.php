<?php

declare(strict_types=1);

namespace Magento\Sales\Model\Order;

class Item
{
    public function __construct(private readonly int $id)
    {
    }

    public function getId(): int
    {
        return $this->id;
    }
}
