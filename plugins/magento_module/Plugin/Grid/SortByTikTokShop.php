<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Grid;

use Magento\Catalog\Ui\DataProvider\Product\ProductDataProvider;
use Magento\Framework\DB\Select;
use Shopbridge\TikTokShop\Model\Grid\ProductRows;
use Shopbridge\TikTokShop\Ui\DataProvider\Product\AddTikTokShopFilter;

/**
 * Sorts the product grid by what TikTok Shop has: the columns are no product attributes, so that core can't.
 */
class SortByTikTokShop
{
    private const COLUMNS = [
        AddTikTokShopFilter::SYNCED => "IFNULL(shopbridge_rows.tiktok_product_id, '') <> ''",
        AddTikTokShopFilter::TIKTOK_ID => 'shopbridge_rows.tiktok_product_id',
        AddTikTokShopFilter::STATUS => 'shopbridge_rows.status',
    ];

    public function __construct(private readonly ProductRows $rows)
    {
    }

    /**
     * @param string $field
     * @param string $direction
     */
    public function aroundAddOrder(ProductDataProvider $subject, callable $proceed, $field, $direction): void
    {
        if (!isset(self::COLUMNS[$field])) {
            $proceed($field, $direction);
            return;
        }
        $select = $subject->getCollection()->getSelect();
        if (!isset($select->getPart(Select::FROM)['shopbridge_rows'])) {
            $select->joinLeft(['shopbridge_rows' => $this->rows->select()], 'shopbridge_rows.product_id = e.entity_id', []);
        }
        $way = strtoupper((string) $direction) === Select::SQL_DESC ? Select::SQL_DESC : Select::SQL_ASC;
        $select->order([new \Zend_Db_Expr(self::COLUMNS[$field] . ' ' . $way), 'e.entity_id ' . $way]);
    }
}
