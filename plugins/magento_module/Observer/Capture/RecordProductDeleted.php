<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;
use Shopbridge\TikTokShop\Model\Delivery\Parents;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * A product is being deleted, within the transaction: afterwards nobody knows any more whose variant it was.
 */
class RecordProductDeleted extends RecordObserver
{
    public function __construct(
        Recorder $recorder,
        private readonly Parents $parents
    ) {
        parent::__construct($recorder);
    }

    protected function record(Event $event): void
    {
        $product = $event->getData('product');
        $id = (int) $product->getId();
        $this->recorder->record('product.deleted', 'product', (string) $id, null, (string) $product->getSku());
        foreach ($this->parents->parentsOf([$id])[$id] ?? [] as $parent) {
            $this->recorder->record('product.saved', 'product', (string) $parent);
        }
    }
}
