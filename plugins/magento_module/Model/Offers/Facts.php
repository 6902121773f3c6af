<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Offers;

use Magento\Catalog\Model\Product;
use Magento\Catalog\Model\Product\Attribute\Source\Status;
use Magento\Catalog\Model\ResourceModel\Product\CollectionFactory;
use Magento\Catalog\Pricing\Price\FinalPrice;
use Magento\Catalog\Pricing\Price\RegularPrice;
use Magento\CatalogRule\Model\ResourceModel\RuleFactory;
use Magento\CatalogRule\Pricing\Price\CatalogRulePrice;
use Magento\Customer\Model\Group;
use Magento\Framework\Stdlib\DateTime\TimezoneInterface;
use Magento\Store\Model\Store;
use Magento\Store\Model\StoreManagerInterface;
use Magento\Tax\Model\Config as TaxConfig;
use Shopbridge\TikTokShop\Model\Order\Money;

/**
 * Price now, what can be sold and whether it is on, of many SKUs in one store view, as a shopper there sees them.
 */
class Facts
{
    private const AT_ONCE = 500;

    public function __construct(
        private readonly CollectionFactory $collections,
        private readonly Salable $salable,
        private readonly RuleFactory $rules,
        private readonly StoreManagerInterface $storeManager,
        private readonly TimezoneInterface $timezone,
        private readonly TaxConfig $taxConfig
    ) {
    }

    /**
     * @param list<array{int, int}> $pairs product and variant; a variant of 0 is the product itself
     * @return list<array<string, mixed>> rows of the plugin contract's offers, with `changed`, the content's date
     */
    public function of(array $pairs, Store $store): array
    {
        $before = $this->storeManager->getStore();
        $this->storeManager->setCurrentStore($store);
        try {
            $rows = [];
            foreach (array_chunk($pairs, self::AT_ONCE) as $some) {
                array_push($rows, ...$this->some($some, $store));
            }
            return $rows;
        } finally {
            $this->storeManager->setCurrentStore($before);
        }
    }

    /**
     * @param list<array{int, int}> $pairs
     * @return list<array<string, mixed>>
     */
    private function some(array $pairs, Store $store): array
    {
        $products = $this->products(array_merge(array_column($pairs, 0), array_filter(array_column($pairs, 1))), $store);
        $skus = array_map(static fn (Product $one): string => (string) $one->getSku(), $products);
        $stocks = $this->salable->ofSkus(array_values($skus), (int) $store->getWebsiteId());
        $currency = (string) $store->getCurrentCurrency()->getCode();
        $taxIncluded = $this->taxConfig->priceIncludesTax($store);
        $rows = [];
        foreach ($pairs as [$productId, $variantId]) {
            $parent = $products[$productId] ?? null;
            $sold = $variantId === 0 ? $parent : $products[$variantId] ?? null;
            if ($parent === null || $sold === null) {
                continue;
            }
            $stock = $stocks[(string) $sold->getSku()] ?? new Stock(0.0, true, false, false);
            $price = Money::ofStored($sold->getPriceInfo()->getPrice(RegularPrice::PRICE_CODE)->getValue(), $currency);
            $final = Money::ofStored($sold->getPriceInfo()->getPrice(FinalPrice::PRICE_CODE)->getValue(), $currency);
            $rows[] = [
                'product_id' => (string) $productId,
                'variant_id' => (string) ($variantId ?: $productId),
                'sku' => (string) $sold->getSku(),
                'price' => Money::text($price, $currency),
                'effective_price' => Money::text($final, $currency),
                'compare_at' => $final < $price ? Money::text($price, $currency) : null,
                'currency' => $currency,
                'tax_included' => $taxIncluded,
                'salable' => $stock->whole(),
                'backorders' => $stock->hasBackorders || !$stock->isManaged,
                'active' => $this->isOn($sold, $store) && ($parent === $sold || $this->isOn($parent, $store)),
                'changed' => $sold->getUpdatedAt() . ' ' . $parent->getUpdatedAt(),
            ];
        }
        return $rows;
    }

    /**
     * @param int[] $ids
     * @return array<int, Product>
     */
    private function products(array $ids, Store $store): array
    {
        $collection = $this->collections->create();
        $collection->setFlag('has_stock_status_filter', true);
        $collection->setStoreId((int) $store->getId())->addIdFilter(array_values(array_unique($ids)));
        $collection->addAttributeToSelect(['price', 'special_price', 'special_from_date', 'special_to_date', 'status', 'tax_class_id']);
        $collection->addWebsiteNamesToResult();
        $collection->addTierPriceData();
        $rulePrices = $this->rules->create()->getRulePrices(
            $this->timezone->scopeDate($store->getId()),
            $store->getWebsiteId(),
            Group::NOT_LOGGED_IN_ID,
            array_values(array_unique($ids))
        );
        $products = [];
        /** @var Product $product */
        foreach ($collection as $product) {
            $product->setData(CatalogRulePrice::PRICE_CODE, $rulePrices[$product->getId()] ?? null);
            $products[(int) $product->getId()] = $product;
        }
        return $products;
    }

    private function isOn(Product $product, Store $store): bool
    {
        return (int) $product->getStatus() === Status::STATUS_ENABLED
            && in_array((int) $store->getWebsiteId(), array_map('intval', (array) $product->getData('websites')), true);
    }
}
