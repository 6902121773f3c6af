<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * Reservations and deleted source items of Magento's inventory (MSI) fire no event at all.
 */
class RecordStock
{
    public function __construct(private readonly Recorder $recorder)
    {
    }

    /**
     * @param object[] $items source items or reservations, with a SKU each
     */
    public function afterExecute(object $subject, mixed $result, array $items): mixed
    {
        $this->recorder->guard(function () use ($items): void {
            $skus = array_map(static fn (object $item): string => (string) $item->getSku(), $items);
            $this->recorder->recordSkus('stock.changed', $skus);
        });
        return $result;
    }
}
