<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Magento\Framework\App\ResourceConnection;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;
use Throwable;

/**
 * Reservations and deleted source items of Magento's inventory (MSI) fire no event at all. A checkout writes its
 * reservations in no transaction: then one is made of theirs and ours, so that both stand or fall together.
 */
class RecordStock
{
    public function __construct(
        private readonly Recorder $recorder,
        private readonly Config $config,
        private readonly ResourceConnection $resource
    ) {
    }

    /**
     * @param object[] $items source items or reservations, with a SKU each
     */
    public function aroundExecute(object $subject, callable $proceed, array $items): mixed
    {
        $connection = $this->resource->getConnection();
        if (!$this->config->isRecording() || $connection->getTransactionLevel() > 0) {
            $result = $proceed($items);
            $this->record($items);
            return $result;
        }
        $connection->beginTransaction();
        try {
            $result = $proceed($items);
            $this->record($items);
            $connection->commit();
            return $result;
        } catch (Throwable $exception) {
            $connection->rollBack();
            throw $exception;
        }
    }

    /**
     * @param object[] $items
     */
    private function record(array $items): void
    {
        $this->recorder->guard(fn () => $this->recorder->recordSkus(
            'stock.changed',
            array_map(static fn (object $item): string => (string) $item->getSku(), $items)
        ));
    }
}
