<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Listing;

use Magento\Framework\App\ResourceConnection;
use Shopbridge\TikTokShop\Model\Api\Answer;
use Shopbridge\TikTokShop\Model\Order\Refusal;

/**
 * What the product grid and the product page show of TikTok Shop, as the hub last told it.
 */
class Listings
{
    public const TABLE = 'shopbridge_listing';
    private const AT_ONCE = 500;

    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * @throws Refusal
     */
    public function put(mixed $body): Answer
    {
        $given = is_array($body) ? $body['rows'] ?? null : null;
        if (!is_array($given) || !array_is_list($given) || array_filter($given, static fn ($one): bool => !is_array($one)) !== []) {
            throw Refusal::problem('malformed', 'rows', 'rows must be a list of objects');
        }
        if (count($given) > self::AT_ONCE) {
            throw Refusal::problem('malformed', 'rows', 'at most ' . self::AT_ONCE . ' rows at once');
        }
        $there = $this->existing(array_map([$this, 'productId'], $given));
        $rows = $refused = [];
        foreach ($given as $one) {
            $id = $this->productId($one);
            if (!isset($there[$id])) {
                $refused[] = ['product_id' => $this->text($one, 'product_id'), 'says' => 'this shop has no such product'];
                continue;
            }
            $rows[] = [
                'product_id' => $id,
                'sku' => mb_substr($this->text($one, 'sku'), 0, 64),
                'tiktok_product_id' => mb_substr($this->text($one, 'tiktok_product_id'), 0, 64),
                'status' => mb_substr($this->text($one, 'status'), 0, 64),
                'problems' => json_encode(is_array($one['problems'] ?? null) ? array_values($one['problems']) : []),
                'updated_at' => gmdate('Y-m-d H:i:s'),
            ];
        }
        if ($rows !== []) {
            $this->resource->getConnection()->insertOnDuplicate($this->resource->getTableName(self::TABLE), $rows, [
                'tiktok_product_id', 'status', 'problems', 'updated_at',
            ]);
        }
        return new Answer(['accepted' => count($given) - count($refused), 'refused' => $refused]);
    }

    /**
     * @param int[] $ids
     * @return array<int, int> ids of this shop's products, by id
     */
    private function existing(array $ids): array
    {
        if ($ids === []) {
            return [];
        }
        $connection = $this->resource->getConnection();
        $select = $connection->select()
            ->from($this->resource->getTableName('catalog_product_entity'), ['entity_id'])
            ->where('entity_id IN (?)', $ids);
        $found = array_map('intval', $connection->fetchCol($select));
        return array_combine($found, $found);
    }

    /**
     * @param array<mixed> $row
     */
    private function productId(array $row): int
    {
        $id = $this->text($row, 'product_id');
        return ctype_digit($id) && strlen($id) <= 10 ? (int) $id : 0;
    }

    /**
     * @param array<mixed> $row
     */
    private function text(array $row, string $name): string
    {
        return is_scalar($row[$name] ?? null) ? (string) $row[$name] : '';
    }
}
