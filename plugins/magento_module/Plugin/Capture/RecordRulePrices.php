<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Magento\CatalogRule\Model\Indexer\IndexBuilder;
use Magento\Framework\App\ResourceConnection;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * Catalogue price rules fire no event when they are applied, and a full apply swaps the table, triggers and all. So the
 * rule prices are compared, before and after: only a product whose price differs is told.
 */
class RecordRulePrices
{
    /** Beyond this many, one "catalog.changed" says it all and the hub compares. */
    private const MANY = 2000;

    public function __construct(
        private readonly Recorder $recorder,
        private readonly ResourceConnection $resource
    ) {
    }

    /**
     * @param int $id
     */
    public function aroundReindexById(IndexBuilder $subject, callable $proceed, $id): mixed
    {
        return $this->compare([(int) $id], static fn () => $proceed($id));
    }

    /**
     * @param int[] $ids
     */
    public function aroundReindexByIds(IndexBuilder $subject, callable $proceed, array $ids): mixed
    {
        return $this->compare($ids, static fn () => $proceed($ids));
    }

    public function aroundReindexFull(IndexBuilder $subject, callable $proceed): mixed
    {
        return $this->compare(null, static fn () => $proceed());
    }

    /**
     * @param int[]|null $ids all products where null
     * @param callable(): mixed $work
     */
    private function compare(?array $ids, callable $work): mixed
    {
        $before = null;
        $this->recorder->guard(function () use ($ids, &$before): void {
            $before = $this->prices($ids);
        });
        $result = $work();
        if ($before !== null) {
            $this->recorder->guard(fn () => $this->record($before, $this->prices($ids)));
        }
        return $result;
    }

    /**
     * @param array<int, string> $before
     * @param array<int, string> $after
     */
    private function record(array $before, array $after): void
    {
        $changed = array_keys(array_diff_assoc($before, $after) + array_diff_assoc($after, $before));
        if (count($changed) > self::MANY) {
            $this->recorder->record('catalog.changed', 'shop', 'catalog');
            return;
        }
        $subjects = array_map(static fn (int $id): array => ['id' => (string) $id], $changed);
        $this->recorder->recordMany('price.changed', 'product', $subjects);
    }

    /**
     * @param int[]|null $ids
     * @return array<int, string> what the rules make of each product's price today, by product; see Cron\TellDates for tomorrow
     */
    private function prices(?array $ids): array
    {
        $connection = $this->resource->getConnection();
        $found = [];
        foreach ($ids === null ? [null] : array_chunk($ids, 1000) as $some) {
            $select = $connection->select()
                ->from($this->resource->getTableName('catalogrule_product_price'), [
                    'product_id',
                    'prices' => 'SUM(CRC32(CONCAT_WS("|", website_id, customer_group_id, rule_price)))',
                ])
                ->where('rule_date = CURRENT_DATE')
                ->group('product_id');
            if ($some !== null) {
                $select->where('product_id IN (?)', $some);
            }
            $found += $connection->fetchPairs($select);
        }
        return $found;
    }
}
