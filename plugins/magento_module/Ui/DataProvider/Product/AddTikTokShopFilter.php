<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Ui\DataProvider\Product;

use Magento\Framework\Data\Collection;
use Magento\Framework\Data\Collection\AbstractDb;
use Magento\Ui\DataProvider\AddFilterToCollectionInterface;
use Shopbridge\TikTokShop\Model\Grid\ProductRows;

/**
 * The product grid's filters by what TikTok Shop has.
 */
class AddTikTokShopFilter implements AddFilterToCollectionInterface
{
    public const SYNCED = 'shopbridge_synced';
    public const TIKTOK_ID = 'shopbridge_tiktok_id';
    public const STATUS = 'shopbridge_status';

    public function __construct(private readonly ProductRows $rows)
    {
    }

    /**
     * @param string $field
     * @param array<string, mixed>|null $condition
     */
    public function addFilter(Collection $collection, $field, $condition = null): void
    {
        $value = $condition === null ? null : reset($condition);
        if (!$collection instanceof AbstractDb || $value === null || $value === false) {
            return;
        }
        $select = $collection->getSelect();
        if ($field === self::SYNCED) {
            $is = (string) $value === '1' ? 'IN' : 'NOT IN';
            $select->where('e.entity_id ' . $is . ' (?)', $this->rows->ids("tiktok_product_id <> ''"));
        } elseif ($field === self::STATUS) {
            $select->where('e.entity_id IN (?)', $this->rows->ids('status IN (?)', (array) $value));
        } else {
            $select->where('e.entity_id IN (?)', $this->rows->ids('tiktok_product_id LIKE ?', '%' . trim((string) $value, '%') . '%'));
        }
    }
}
