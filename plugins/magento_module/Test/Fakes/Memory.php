<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Shopbridge\TikTokShop\Model\State;

/**
 * What the module remembers, without a database.
 */
class Memory extends State
{
    /** @var array<string, string> */
    public array $values = [];

    public function __construct()
    {
    }

    public function get(string $name): ?string
    {
        return $this->values[$name] ?? null;
    }

    public function set(string $name, string $value): void
    {
        $this->values[$name] = $value;
    }

    public function forget(string $name): void
    {
        unset($this->values[$name]);
    }
}
