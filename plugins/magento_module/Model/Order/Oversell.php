<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * Whether an order that was paid on TikTok Shop is just being placed or shipped, stock or no stock: then, and only
 * then, the shop's own check of quantities stands aside.
 */
class Oversell
{
    private bool $isAllowed = false;

    /**
     * Whether quantities may be exceeded right now.
     */
    public function isAllowed(): bool
    {
        return $this->isAllowed;
    }

    /**
     * Does the work with or without the permission.
     *
     * @template T
     * @param callable(): T $work
     * @return T
     */
    public function during(bool $isAllowed, callable $work): mixed
    {
        $before = $this->isAllowed;
        $this->isAllowed = $isAllowed;
        try {
            return $work();
        } finally {
            $this->isAllowed = $before;
        }
    }
}
