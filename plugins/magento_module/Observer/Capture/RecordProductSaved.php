<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Catalog\Model\Product;
use Magento\Framework\Event;

/**
 * A product was saved: its content, and its price where that changed.
 */
class RecordProductSaved extends RecordObserver
{
    private const PRICES = ['price', 'special_price', 'special_from_date', 'special_to_date'];

    protected function record(Event $event): void
    {
        /** @var Product $product */
        $product = $event->getData('product');
        $this->recorder->recordAll(
            $this->hasNewPrice($product) ? ['product.saved', 'price.changed'] : ['product.saved'],
            'product',
            [['id' => (string) $product->getId(), 'sku' => (string) $product->getSku()]]
        );
    }

    private function hasNewPrice(Product $product): bool
    {
        if ($product->isObjectNew() || $product->getData('tier_price_changed')) {
            return true;
        }
        foreach (self::PRICES as $code) {
            if ($product->hasData($code) && $product->dataHasChangedFor($code)) {
                return true;
            }
        }
        return false;
    }
}
