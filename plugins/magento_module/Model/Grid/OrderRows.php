<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Grid;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Select;
use Shopbridge\TikTokShop\Model\Order\Keys;

/**
 * Which orders are TikTok Shop's, as the order grid needs it.
 */
class OrderRows
{
    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * @param list<int> $orderIds
     * @return array<int, string> TikTok order id by order
     */
    public function of(array $orderIds): array
    {
        if ($orderIds === []) {
            return [];
        }
        return $this->resource->getConnection()->fetchPairs($this->select()->where('order_id IN (?)', $orderIds));
    }

    /**
     * Order and TikTok order id.
     */
    public function select(): Select
    {
        return $this->resource->getConnection()->select()
            ->from($this->resource->getTableName(Keys::TABLE), ['order_id', 'order_key'])
            ->where('order_id IS NOT NULL');
    }

    /**
     * The ids of TikTok Shop's orders; of those whose TikTok order id holds this text where one is given.
     */
    public function ids(string $text = ''): Select
    {
        $select = $this->resource->getConnection()->select()
            ->from($this->resource->getTableName(Keys::TABLE), 'order_id')
            ->where('order_id IS NOT NULL');
        return $text === '' ? $select : $select->where('order_key LIKE ?', '%' . $text . '%');
    }
}
