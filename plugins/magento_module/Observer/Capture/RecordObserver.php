<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\Capture;

use Magento\Framework\Event;
use Magento\Framework\Event\Observer;
use Magento\Framework\Event\ObserverInterface;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;

/**
 * An observer that writes down what happened, in the transaction of what happened, and disturbs nobody.
 */
abstract class RecordObserver implements ObserverInterface
{
    public function __construct(protected readonly Recorder $recorder)
    {
    }

    public function execute(Observer $observer): void
    {
        $this->recorder->guard(fn () => $this->record($observer->getEvent()));
    }

    abstract protected function record(Event $event): void;
}
