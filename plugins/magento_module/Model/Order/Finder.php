<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\Api\SearchCriteriaBuilder;
use Magento\Framework\Api\SortOrderBuilder;
use Magento\Framework\Exception\NoSuchEntityException;
use Magento\Sales\Api\OrderRepositoryInterface;
use Magento\Sales\Model\Order;

/**
 * Finds an order of TikTok Shop by its key.
 */
class Finder
{
    public function __construct(
        private readonly OrderRepositoryInterface $orders,
        private readonly SearchCriteriaBuilder $criteria,
        private readonly SortOrderBuilder $sorting,
        private readonly Keys $keys
    ) {
    }

    /**
     * The order and the key's row, which is empty for one made without this module.
     *
     * @return array{Order, array<string, mixed>}
     * @throws Refusal with 404 where there is none
     */
    public function get(string $key, bool $forUpdate = false): array
    {
        $row = $this->keys->row($key, $forUpdate);
        $order = $row === null ? null : $this->ofRow($row);
        $order ??= $this->byMarker($key);
        if ($order === null) {
            throw Refusal::missing($row !== null);
        }
        return [$order, $row ?? []];
    }

    /**
     * @param array<string, mixed> $row
     */
    public function ofRow(array $row): ?Order
    {
        if (!$row['order_id']) {
            return null;
        }
        try {
            $order = $this->orders->get((int) $row['order_id']);
        } catch (NoSuchEntityException) {
            return null;
        }
        return $order instanceof Order ? $order : null;
    }

    /**
     * The oldest order that carries the key as its marker.
     */
    public function byMarker(string $key): ?Order
    {
        $sorting = $this->sorting->setField('entity_id')->setAscendingDirection()->create();
        $criteria = $this->criteria->addFilter('ext_order_id', $key)->setPageSize(1)->setSortOrders([$sorting])->create();
        $found = $this->orders->getList($criteria)->getItems();
        $first = reset($found);
        return $first instanceof Order ? $first : null;
    }
}
