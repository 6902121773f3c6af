<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Catalog\Api\Data\ProductInterface;
use Magento\Catalog\Api\ProductRepositoryInterface;
use Magento\Catalog\Model\Product\Attribute\Source\Status;
use Magento\Directory\Model\AllowedCountries;
use Magento\Framework\Exception\NoSuchEntityException;
use Magento\Store\Api\Data\StoreInterface;
use Magento\Store\Model\ScopeInterface;
use Shopbridge\TikTokShop\Model\Offers\Families;
use Shopbridge\TikTokShop\Model\Offers\Salable;

/**
 * The shop's products that an order names, and what speaks against selling them.
 */
class Products
{
    private const SELLABLE = ['simple', 'virtual', 'downloadable'];

    public function __construct(
        private readonly ProductRepositoryInterface $products,
        private readonly Families $families,
        private readonly Salable $salable,
        private readonly AllowedCountries $countries
    ) {
    }

    /**
     * One product beside each line.
     *
     * @return ProductInterface[]
     * @throws Refusal with every problem: unknown or disabled SKU, no stock, a country the shop does not sell to
     */
    public function ofDraft(Draft $draft, StoreInterface $store): array
    {
        $fields = new Fields($draft->currency);
        $found = $wanted = [];
        foreach ($draft->lines as $place => $line) {
            $product = $this->product($line, (int) $store->getId());
            if ($product === null) {
                $fields->complain('unknown_sku', "lines.$place", "this shop has no sellable product $line->sku");
                continue;
            }
            $found[$place] = $product;
            $sku = (string) $product->getSku();
            $wanted[$sku] = ($wanted[$sku] ?? 0) + $line->quantity;
            if (!$this->isActive($product, (int) $store->getId())) {
                $fields->complain('disabled_sku', "lines.$place", "$sku is disabled");
            } elseif (!$draft->allowBackorder) {
                $stock = $this->salable->ofSkus([$sku], (int) $store->getWebsiteId())[$sku] ?? null;
                if ($stock !== null && !$stock->allows($wanted[$sku])) {
                    $fields->complain(
                        'no_stock',
                        "lines.$place",
                        "$sku: {$stock->whole()} can be sold, $wanted[$sku] were ordered"
                    );
                }
            }
        }
        $country = (string) ($draft->body['ship_to']['country'] ?? '');
        $allowed = $this->countries->getAllowedCountries(ScopeInterface::SCOPE_STORE, $store->getId());
        if ($country !== '' && !in_array($country, $allowed, true)) {
            $fields->complain('country', 'ship_to.country', "this shop does not sell to $country");
        }
        if ($fields->problems() !== []) {
            throw Refusal::problems($fields->problems());
        }
        return $found;
    }

    private function product(DraftLine $line, int $storeId): ?ProductInterface
    {
        try {
            if ($line->productId === '' && in_array($line->variantId, ['', '0'], true)) {
                $product = $this->products->get($line->sku, false, $storeId);
                return in_array($product->getTypeId(), self::SELLABLE, true) ? $product : null;
            }
            $id = in_array($line->variantId, ['', '0'], true) ? $line->productId : $line->variantId;
            $product = ctype_digit($id) ? $this->products->getById((int) $id, false, $storeId) : null;
        } catch (NoSuchEntityException) {
            return null;
        }
        if ($product === null || !in_array($product->getTypeId(), self::SELLABLE, true)) {
            return null;
        }
        $isOwn = $id === $line->productId;
        $isChild = $isOwn || in_array((int) $line->productId, $this->families->parents([(int) $id])[(int) $id] ?? [], true);
        return $isChild ? $product : null;
    }

    private function isActive(ProductInterface $product, int $storeId): bool
    {
        if ((int) $product->getStatus() !== Status::STATUS_ENABLED) {
            return false;
        }
        $parents = $this->families->parents([(int) $product->getId()])[(int) $product->getId()] ?? [];
        foreach ($parents as $parent) {
            if ((int) $this->products->getById($parent, false, $storeId)->getStatus() === Status::STATUS_ENABLED) {
                return true;
            }
        }
        return $parents === [];
    }
}
