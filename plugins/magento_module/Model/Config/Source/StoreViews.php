<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Config\Source;

use Magento\Framework\Data\OptionSourceInterface;
use Magento\Store\Api\StoreRepositoryInterface;
use Magento\Store\Model\Store;

/**
 * The store views by code, as the hub names them.
 */
class StoreViews implements OptionSourceInterface
{
    public function __construct(private readonly StoreRepositoryInterface $stores)
    {
    }

    /**
     * @return list<array{value: string, label: string}>
     */
    public function toOptionArray(): array
    {
        $options = [['value' => '', 'label' => (string) __('Chosen by the hub')]];
        foreach ($this->stores->getList() as $store) {
            if ((int) $store->getId() !== Store::DEFAULT_STORE_ID) {
                $options[] = ['value' => (string) $store->getCode(), 'label' => sprintf('%s (%s)', $store->getName(), $store->getCode())];
            }
        }
        return $options;
    }
}
