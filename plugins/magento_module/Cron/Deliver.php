<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Cron;

use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Delivery\Deliverer;
use Shopbridge\TikTokShop\Model\Health\Facts;
use Shopbridge\TikTokShop\Model\State;

/**
 * Every minute: delivers what waits.
 */
class Deliver
{
    public function __construct(
        private readonly Deliverer $deliverer,
        private readonly State $state,
        private readonly Clock $clock
    ) {
    }

    public function execute(): void
    {
        $this->state->set(Facts::CRON_SEEN, (string) $this->clock->now());
        $this->deliverer->run();
    }
}
