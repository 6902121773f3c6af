<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Offers;

use Magento\Framework\Exception\NoSuchEntityException;
use Magento\Store\Model\Store;
use Magento\Store\Model\StoreManagerInterface;
use Shopbridge\TikTokShop\Model\Order\Refusal;

/**
 * The store view that a call names.
 */
class Stores
{
    public function __construct(private readonly StoreManagerInterface $storeManager)
    {
    }

    /**
     * @throws Refusal with 422 for a code that this shop does not have
     */
    public function named(mixed $code): Store
    {
        try {
            $store = $code === 'all'
                ? $this->storeManager->getDefaultStoreView()
                : $this->storeManager->getStore(is_string($code) && $code !== '' && $code !== 'admin' ? $code : '?');
        } catch (NoSuchEntityException) {
            $store = null;
        }
        if (!$store instanceof Store) {
            $name = is_string($code) ? $code : '';
            throw Refusal::problem('malformed', 'store', "this shop has no store view $name");
        }
        return $store;
    }
}
