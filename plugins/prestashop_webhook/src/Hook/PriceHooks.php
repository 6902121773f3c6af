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
 * Prices that are not the product's own, and what moves the prices of many products at once.
 */
trait PriceHooks
{
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
}
