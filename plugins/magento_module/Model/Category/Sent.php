<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Category;

use Magento\Framework\App\ResourceConnection;

/**
 * Which TikTok category the hub has for each of our categories, and what TikTok's categories are called.
 */
class Sent
{
    private const MAPPINGS = 'shopbridge_category_mapping';
    private const NAMES = 'shopbridge_tiktok_category';
    private const LONGEST = 1000;

    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * @return array<int, string>
     */
    public function mappings(): array
    {
        $connection = $this->resource->getConnection();
        return $connection->fetchPairs($connection->select()->from($this->table(self::MAPPINGS), ['store_category_id', 'category_id']));
    }

    /**
     * @param array<int, string> $mappings '' where a category has none any more
     */
    public function keep(array $mappings): void
    {
        $connection = $this->resource->getConnection();
        $gone = array_keys($mappings, '', true);
        if ($gone !== []) {
            $connection->delete($this->table(self::MAPPINGS), ['store_category_id IN (?)' => $gone]);
        }
        $rows = [];
        foreach (array_filter($mappings, static fn (string $one): bool => $one !== '') as $id => $category) {
            $rows[] = ['store_category_id' => $id, 'category_id' => $category];
        }
        if ($rows !== []) {
            $connection->insertOnDuplicate($this->table(self::MAPPINGS), $rows, ['category_id']);
        }
    }

    /**
     * Another TikTok shop knows none of it.
     */
    public function forget(): void
    {
        $this->resource->getConnection()->delete($this->table(self::MAPPINGS));
    }

    /**
     * @param array<string, string> $paths by TikTok category id
     */
    public function name(array $paths): void
    {
        $rows = [];
        foreach ($paths as $id => $path) {
            $rows[] = ['category_id' => (string) $id, 'path' => mb_substr($path, 0, self::LONGEST)];
        }
        if ($rows !== []) {
            $this->resource->getConnection()->insertOnDuplicate($this->table(self::NAMES), $rows, ['path']);
        }
    }

    /**
     * The whole path of a TikTok category; its id where it was never named.
     */
    public function path(string $categoryId): string
    {
        $connection = $this->resource->getConnection();
        $path = $connection->fetchOne(
            $connection->select()->from($this->table(self::NAMES), 'path')->where('category_id = ?', $categoryId)
        );
        return $path === false || $path === '' ? $categoryId : (string) $path;
    }

    private function table(string $name): string
    {
        return $this->resource->getTableName($name);
    }
}
