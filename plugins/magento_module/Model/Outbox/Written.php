<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Outbox;

/**
 * What the open transaction has written down already: an order is saved several times while it is placed, and one row
 * says it. With the transaction's end all is forgotten, for then the row is either on its way or was undone.
 */
class Written
{
    /** @var array<string, true> */
    private array $names = [];

    /**
     * Whether this is new to the transaction; from now on it is not.
     */
    public function isNew(string $name): bool
    {
        if (isset($this->names[$name])) {
            return false;
        }
        return $this->names[$name] = true;
    }

    public function forget(): void
    {
        $this->names = [];
    }
}
