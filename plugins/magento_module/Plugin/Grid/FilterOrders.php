<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Grid;

use Magento\Framework\DB\Select;
use Magento\Sales\Model\ResourceModel\Order\Grid\Collection;
use Shopbridge\TikTokShop\Model\Grid\OrderRows;
use Shopbridge\TikTokShop\Ui\Component\Listing\TtsOrder;

/**
 * Filters and sorts the order grid by TikTok Shop's orders, which stand in a table of our own.
 */
class FilterOrders
{
    private const JOINED = 'shopbridge_rows';

    public function __construct(private readonly OrderRows $rows)
    {
    }

    /**
     * @param string|array<mixed> $field
     * @param mixed $condition
     */
    public function aroundAddFieldToFilter(Collection $subject, callable $proceed, $field, $condition = null): Collection
    {
        if ($field !== TtsOrder::IS && $field !== TtsOrder::KEY) {
            $proceed($field, $condition);
            return $subject;
        }
        $value = trim((string) (is_array($condition) ? reset($condition) : $condition), '%');
        if ($field === TtsOrder::IS) {
            $subject->getSelect()->where('main_table.entity_id ' . ($value === '1' ? 'IN' : 'NOT IN') . ' (?)', $this->rows->ids());
        } else {
            $subject->getSelect()->where('main_table.entity_id IN (?)', $this->rows->ids($value));
        }
        return $subject;
    }

    /**
     * @param string $field
     * @param string $direction
     */
    public function aroundAddOrder(Collection $subject, callable $proceed, $field, $direction = Select::SQL_DESC): Collection
    {
        return $this->sort($subject, $proceed, $field, $direction);
    }

    /**
     * The admin's data provider sorts by this one.
     *
     * @param string $field
     * @param string $direction
     */
    public function aroundSetOrder(Collection $subject, callable $proceed, $field, $direction = Select::SQL_DESC): Collection
    {
        return $this->sort($subject, $proceed, $field, $direction);
    }

    private function sort(Collection $subject, callable $proceed, string $field, string $direction): Collection
    {
        if ($field !== TtsOrder::IS && $field !== TtsOrder::KEY) {
            $proceed($field, $direction);
            return $subject;
        }
        $select = $subject->getSelect();
        if (!isset($select->getPart(Select::FROM)[self::JOINED])) {
            $select->joinLeft([self::JOINED => $this->rows->select()], self::JOINED . '.order_id = main_table.entity_id', []);
        }
        $way = strtoupper($direction) === Select::SQL_ASC ? Select::SQL_ASC : Select::SQL_DESC;
        $select->order([new \Zend_Db_Expr(self::JOINED . '.order_key ' . $way), 'main_table.entity_id ' . $way]);
        return $subject;
    }
}
