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
 * Products with their combinations and pictures. Several of these fire for one save, from different ways in
 * (contracts: the webservice, the back office and the legacy classes each fire another set); the first one counts.
 */
trait ProductHooks
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
}
