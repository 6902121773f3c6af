<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Shopbridge\TikTokShop\Model\Order\Keys;

/**
 * The module's rows about orders, in memory; `other` is a call that takes the same key just before us.
 */
class KeyRows extends Keys
{
    /** @var array<string, mixed>|null */
    public ?array $other = null;

    /** @var list<array<string, mixed>> */
    public array $lines = [];

    public function __construct(private readonly Rows $database)
    {
    }

    public function take(array $row): bool
    {
        if ($this->other !== null) {
            $this->database->rows[$row['order_key']] = $this->other + $row;
            return false;
        }
        $this->database->rows[$row['order_key']] = $row;
        return true;
    }

    public function row(string $key, bool $forUpdate = false): ?array
    {
        return $this->database->rows[$key] ?? null;
    }

    public function change(string $key, array $columns): void
    {
        $this->database->rows[$key] = $columns + $this->database->rows[$key];
    }

    public function addLines(array $rows): void
    {
        $this->lines = $rows;
    }
}
