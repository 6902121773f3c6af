<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

use Magento\Framework\App\ResourceConnection;

/**
 * What the module remembers between requests, by name. Always read fresh: several processes write it.
 */
class State
{
    private const TABLE = 'shopbridge_state';

    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    public function get(string $name): ?string
    {
        $connection = $this->resource->getConnection();
        $select = $connection->select()->from($this->resource->getTableName(self::TABLE), 'value')->where('name = ?', $name);
        $value = $connection->fetchOne($select);
        return $value === false ? null : (string) $value;
    }

    public function set(string $name, string $value): void
    {
        $this->resource->getConnection()->insertOnDuplicate(
            $this->resource->getTableName(self::TABLE),
            ['name' => $name, 'value' => $value],
            ['value']
        );
    }

    public function forget(string $name): void
    {
        $this->resource->getConnection()->delete($this->resource->getTableName(self::TABLE), ['name = ?' => $name]);
    }
}
