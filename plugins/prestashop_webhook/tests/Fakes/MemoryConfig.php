<?php

declare(strict_types=1);

namespace Shopbridge\Tests\Fakes;

use Shopbridge\Settings\ConfigStore;

/**
 * The configuration table in memory: a shop's own value before the one for all shops.
 */
final class MemoryConfig implements ConfigStore
{
    /** @var array<int, array<string, string>> */
    public $values = [];
    /** @var int[] */
    private $shops;

    /**
     * @param int[] $shops
     */
    public function __construct(array $shops = [1])
    {
        $this->shops = $shops;
    }

    public function get(string $name, int $shop): string
    {
        return $this->values[$shop][$name] ?? $this->values[0][$name] ?? '';
    }

    public function set(string $name, string $value, int $shop): void
    {
        $this->values[$shop][$name] = $value;
    }

    public function forget(string $name): void
    {
        foreach (array_keys($this->values) as $shop) {
            unset($this->values[$shop][$name]);
        }
    }

    public function inherit(string $name, int $shop): void
    {
        unset($this->values[$shop][$name]);
    }

    public function shops(): array
    {
        return $this->shops;
    }
}
