<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Cron;

use Psr\Log\LoggerInterface;
use Shopbridge\TikTokShop\Model\Category\Sync;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Hub\Refused;

/**
 * Sends the category choices that did not reach the hub when they were made, or were made outside the admin.
 */
class SendCategoryMappings
{
    public function __construct(
        private readonly Config $config,
        private readonly Sync $sync,
        private readonly LoggerInterface $logger
    ) {
    }

    public function execute(): void
    {
        if (!$this->config->isEnabled() || $this->config->endpoint() === null) {
            return;
        }
        try {
            $this->sync->run();
        } catch (HubException $error) {
            // No shop chosen yet, or the hub away: the next run tries again.
            $this->logger->log($error instanceof Refused ? 'debug' : 'notice', 'Shopbridge: categories: ' . $error->getMessage());
        }
    }
}
