<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Hook;

use Shopbridge\Event\Recorder;
use Shopbridge\Event\Subject;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Products with their combinations, pictures, stock, prices and categories. Several of these fire for one save, from different
 * ways in (contracts: the webservice, the back office and the legacy classes each fire another set); the first one counts.
 * `actionUpdateQuantity` alone would miss every simple product that the webservice writes. One file, as each request that
 * runs a hook loads it.
 */
trait GoodsHooks
{
    public function hookActionObjectProductAddAfter($params): void
    {
        $this->productSaved($params['object']->id ?? 0, (string) ($params['object']->reference ?? ''));
    }

    public function hookActionObjectProductUpdateAfter($params): void
    {
        $this->productSaved($params['object']->id ?? 0, (string) ($params['object']->reference ?? ''));
    }

    public function hookActionProductAdd($params): void
    {
        $this->productSaved($params['id_product'] ?? 0);
    }

    public function hookActionProductUpdate($params): void
    {
        $this->productSaved($params['id_product'] ?? 0);
    }

    public function hookActionProductSave($params): void
    {
        $this->productSaved($params['id_product'] ?? 0);
    }

    /**
     * The product page of the back office: the only sign where nothing but features changed.
     */
    public function hookActionAfterUpdateProductFormHandler($params): void
    {
        $this->productSaved($params['id'] ?? 0);
    }

    public function hookActionObjectProductDeleteAfter($params): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($params): void {
            $product = $params['object'];
            $recorder->record('product.deleted', new Subject('product', (int) $product->id, 0, (string) $product->reference), $shops);
        });
    }

    public function hookActionObjectCombinationAddAfter($params): void
    {
        $this->productSaved($params['object']->id_product ?? 0);
    }

    public function hookActionObjectCombinationUpdateAfter($params): void
    {
        $this->productSaved($params['object']->id_product ?? 0);
    }

    public function hookActionObjectCombinationDeleteAfter($params): void
    {
        $this->productSaved($params['object']->id_product ?? 0);
    }

    public function hookActionProductAttributeDelete($params): void
    {
        $this->productSaved($params['id_product'] ?? 0);
    }

    public function hookActionObjectImageAddAfter($params): void
    {
        $this->productSaved($params['object']->id_product ?? 0);
    }

    public function hookActionObjectImageUpdateAfter($params): void
    {
        $this->productSaved($params['object']->id_product ?? 0);
    }

    public function hookActionObjectImageDeleteAfter($params): void
    {
        $this->productSaved($params['object']->id_product ?? 0);
    }

    public function hookActionWatermark($params): void
    {
        $this->productSaved($params['id_product'] ?? 0);
    }

    /**
     * @param int|string|null $product
     */
    private function productSaved($product, string $sku = ''): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($product, $sku): void {
            if ((int) $product > 0) {
                $recorder->record('product.saved', new Subject('product', (int) $product, 0, $sku), $shops);
            }
        });
    }

    public function hookActionObjectStockAvailableAddAfter($params): void
    {
        $this->stockRowSaved($params);
    }

    public function hookActionObjectStockAvailableUpdateAfter($params): void
    {
        $this->stockRowSaved($params);
    }

    public function hookActionUpdateQuantity($params): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($params): void {
            $hint = isset($params['quantity']) ? ['qty' => (string) $params['quantity']] : [];
            $shop = (int) ($params['id_shop'] ?? 0);
            $subject = new Subject('product', (int) ($params['id_product'] ?? 0), (int) ($params['id_product_attribute'] ?? 0));
            $recorder->record('stock.changed', $subject, $shop > 0 ? [$shop] : $shops, $hint);
        });
    }

    private function stockRowSaved($params): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($params): void {
            $row = $params['object'];
            $subject = new Subject('product', (int) $row->id_product, (int) $row->id_product_attribute);
            // Shop 0: a group that shares its stock.
            $recorder->record('stock.changed', $subject, (int) $row->id_shop > 0 ? [(int) $row->id_shop] : $shops, ['qty' => (string) $row->quantity]);
        });
    }

    public function hookActionObjectSpecificPriceAddAfter($params): void
    {
        $this->specificPriceSaved($params);
    }

    public function hookActionObjectSpecificPriceUpdateAfter($params): void
    {
        $this->specificPriceSaved($params);
    }

    public function hookActionObjectSpecificPriceDeleteAfter($params): void
    {
        $this->specificPriceSaved($params);
    }

    public function hookActionObjectSpecificPriceRuleAddAfter($params): void
    {
        $this->pricesMoved();
    }

    public function hookActionObjectSpecificPriceRuleUpdateAfter($params): void
    {
        $this->pricesMoved();
    }

    public function hookActionObjectSpecificPriceRuleDeleteAfter($params): void
    {
        $this->pricesMoved();
    }

    public function hookActionObjectTaxUpdateAfter($params): void
    {
        $this->pricesMoved();
    }

    public function hookActionObjectTaxRuleAddAfter($params): void
    {
        $this->pricesMoved();
    }

    public function hookActionObjectTaxRuleUpdateAfter($params): void
    {
        $this->pricesMoved();
    }

    public function hookActionObjectTaxRuleDeleteAfter($params): void
    {
        $this->pricesMoved();
    }

    public function hookActionObjectCurrencyUpdateAfter($params): void
    {
        $this->pricesMoved();
    }

    public function hookActionObjectGroupUpdateAfter($params): void
    {
        $this->pricesMoved();
    }

    private function specificPriceSaved($params): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($params): void {
            $price = $params['object'];
            if ((int) $price->id_cart > 0) {
                // One buyer's cart, as our own orders make them: no price of the shop.
                return;
            }
            $shops = (int) $price->id_shop > 0 ? [(int) $price->id_shop] : $shops;
            if ((int) $price->id_product > 0) {
                $recorder->record('price.changed', new Subject('product', (int) $price->id_product, (int) $price->id_product_attribute), $shops);
            } else {
                $recorder->record('catalog.changed', new Subject('shop', $shops[0] ?? 0), $shops);
            }
        });
    }

    private function pricesMoved(): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops): void {
            $recorder->record('catalog.changed', new Subject('shop', $shops[0] ?? 0), $shops);
        });
    }

    public function hookActionObjectCategoryAddAfter($params): void
    {
        $this->categoryNoticed('category.saved', $params['object'] ?? null);
    }

    public function hookActionObjectCategoryUpdateAfter($params): void
    {
        $this->categoryNoticed('category.saved', $params['object'] ?? null);
    }

    public function hookActionCategoryUpdate($params): void
    {
        $this->categoryNoticed('category.saved', $params['category'] ?? null);
    }

    public function hookActionObjectCategoryDeleteAfter($params): void
    {
        $this->categoryNoticed('category.deleted', $params['object'] ?? null);
    }

    /**
     * A category goes with all that is under it; only this hook names those.
     */
    public function hookActionCategoryDelete($params): void
    {
        $this->categoryNoticed('category.deleted', $params['category'] ?? null);
        foreach ($params['deleted_children'] ?? [] as $child) {
            $this->categoryNoticed('category.deleted', $child);
        }
    }

    private function categoryNoticed(string $type, $category): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($type, $category): void {
            if (is_object($category) && (int) $category->id > 0) {
                $recorder->record($type, new Subject('category', (int) $category->id), $shops);
            }
        });
    }
}
