<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Cron;

use DateInterval;
use Magento\Catalog\Model\Product;
use Magento\Eav\Model\Config as EavConfig;
use Magento\Framework\App\ResourceConnection;
use Magento\Framework\Stdlib\DateTime\TimezoneInterface;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * Shortly after midnight: special prices and rule prices that begin or end by their date change no row of any table.
 */
class TellDates
{
    public function __construct(
        private readonly Recorder $recorder,
        private readonly ResourceConnection $resource,
        private readonly EavConfig $eavConfig,
        private readonly TimezoneInterface $timezone
    ) {
    }

    public function execute(): void
    {
        $this->recorder->guard(function (): void {
            $now = $this->timezone->date();
            $today = $now->format('Y-m-d');
            $yesterday = $now->sub(new DateInterval('P1D'))->format('Y-m-d');
            $ids = array_unique(array_merge(
                $this->specialPrices('special_from_date', $today),
                $this->specialPrices('special_to_date', $yesterday),
                $this->rulePrices($yesterday, $today)
            ));
            $subjects = array_map(static fn ($id): array => ['id' => (string) $id], $ids);
            $this->recorder->recordMany('price.changed', 'product', $subjects);
        });
    }

    /**
     * @return int[] products whose date this is, in any view
     */
    private function specialPrices(string $code, string $day): array
    {
        $attribute = $this->eavConfig->getAttribute(Product::ENTITY, $code);
        $connection = $this->resource->getConnection();
        $entity = $this->resource->getTableName('catalog_product_entity');
        $link = isset($connection->describeTable($entity)['row_id']) ? 'row_id' : 'entity_id';
        $select = $connection->select()->distinct()->from(['p' => $entity], 'entity_id')
            ->join(['d' => $attribute->getBackendTable()], 'd.' . $link . ' = p.' . $link, [])
            ->where('d.attribute_id = ?', (int) $attribute->getAttributeId())
            ->where('d.value >= ?', $day . ' 00:00:00')
            ->where('d.value <= ?', $day . ' 23:59:59');
        return array_map('intval', $connection->fetchCol($select));
    }

    /**
     * @return int[] products whose rule price is another one today
     */
    private function rulePrices(string $yesterday, string $today): array
    {
        $connection = $this->resource->getConnection();
        $prices = fn (string $day): array => $connection->fetchPairs(
            $connection->select()->from($this->resource->getTableName('catalogrule_product_price'), [
                'product_id',
                'prices' => 'SUM(CRC32(CONCAT_WS("|", website_id, customer_group_id, rule_price)))',
            ])->where('rule_date = ?', $day)->group('product_id')
        );
        [$before, $after] = [$prices($yesterday), $prices($today)];
        return array_keys(array_diff_assoc($before, $after) + array_diff_assoc($after, $before));
    }
}
