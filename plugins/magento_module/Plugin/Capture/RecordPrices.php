<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * The price routes (base, special and tier prices) fire no event at all.
 */
class RecordPrices
{
    public function __construct(private readonly Recorder $recorder)
    {
    }

    /**
     * @param object[] $prices with a SKU each
     */
    public function afterUpdate(object $subject, mixed $result, array $prices): mixed
    {
        $this->record($prices);
        return $result;
    }

    /**
     * @param object[] $prices with a SKU each
     */
    public function afterReplace(object $subject, mixed $result, array $prices): mixed
    {
        $this->record($prices);
        return $result;
    }

    /**
     * @param object[] $prices with a SKU each
     */
    public function afterDelete(object $subject, mixed $result, array $prices): mixed
    {
        $this->record($prices);
        return $result;
    }

    /**
     * @param object[] $prices
     */
    private function record(array $prices): void
    {
        $this->recorder->guard(function () use ($prices): void {
            $skus = array_map(static fn (object $price): string => (string) $price->getSku(), $prices);
            $this->recorder->recordSkus('price.changed', $skus);
        });
    }
}
