<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Magento\Catalog\Model\Product\Action;
use Shopbridge\TikTokShop\Model\Origin;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * "Update attributes" of many products at once fires only an event before it, and usually runs in a queue consumer.
 */
class RecordMassUpdate
{
    private const PRICES = ['price', 'special_price', 'special_from_date', 'special_to_date', 'tier_price'];

    public function __construct(
        private readonly Recorder $recorder,
        private readonly Origin $origin
    ) {
    }

    /**
     * @param int[] $productIds
     * @param array<string, mixed> $attrData
     */
    public function afterUpdateAttributes(Action $subject, Action $result, $productIds, $attrData): Action
    {
        $this->recorder->guard(function () use ($productIds, $attrData): void {
            $via = $this->origin->via() === 'unknown' ? 'bulk' : $this->origin->via();
            $this->origin->during($via, fn () => $this->record((array) $productIds, array_keys((array) $attrData)));
        });
        return $result;
    }

    /**
     * @param int[] $productIds
     * @param string[] $codes
     */
    private function record(array $productIds, array $codes): void
    {
        $subjects = array_map(static fn ($id): array => ['id' => (string) $id], $productIds);
        if (array_diff($codes, self::PRICES) !== []) {
            $this->recorder->recordMany('product.saved', 'product', $subjects);
        }
        if (array_intersect($codes, self::PRICES) !== []) {
            $this->recorder->recordMany('price.changed', 'product', $subjects);
        }
    }
}
