<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Capture;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\Mview\ViewInterfaceFactory;
use Psr\Log\LoggerInterface;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;
use Throwable;

/**
 * Switches our change logs on with the connector and off with it, so that a shop that doesn't use it has no triggers.
 */
class Capture implements CaptureInterface
{
    public function __construct(
        private readonly ResourceConnection $resource,
        private readonly ViewInterfaceFactory $viewFactory,
        private readonly ChangeLogs $changeLogs,
        private readonly Recorder $recorder,
        private readonly LoggerInterface $logger
    ) {
    }

    /**
     * @inheritDoc
     */
    public function arrange(bool $wanted): void
    {
        $hasBegun = false;
        foreach (ChangeLogs::VIEWS as $id) {
            $view = $this->viewFactory->create()->load($id);
            if ($view->isEnabled() === $wanted || $wanted && !$this->hasTables($view->getSubscriptions())) {
                continue;
            }
            try {
                if ($wanted) {
                    $view->subscribe();
                    $hasBegun = true;
                } else {
                    $view->unsubscribe();
                    $this->dropLog($id);
                }
            } catch (Throwable $exception) {
                $this->logger->error('Shopbridge: the change log ' . $id . ' could not be switched.', ['exception' => $exception]);
            }
        }
        $this->changeLogs->forget();
        if ($hasBegun) {
            // Whatever happened before nobody saw.
            $this->recorder->record('catalog.changed', 'shop', 'catalog');
        }
    }

    /**
     * @inheritDoc
     */
    public function readLogs(): void
    {
        do {
            $hasMore = false;
            $this->changeLogs->inSnapshot(function () use (&$hasMore): void {
                $hasMore = $this->changeLogs->readSome();
            });
        } while ($hasMore);
    }

    /**
     * Whether each of our logs that this shop can have is on.
     */
    public function isComplete(): bool
    {
        foreach (ChangeLogs::VIEWS as $id) {
            $view = $this->viewFactory->create()->load($id);
            if (!$view->isEnabled() && $this->hasTables($view->getSubscriptions())) {
                return false;
            }
        }
        return true;
    }

    /**
     * @param array<string, array{name: string}> $subscriptions
     */
    private function hasTables(array $subscriptions): bool
    {
        foreach ($subscriptions as $subscription) {
            if (!$this->resource->getConnection()->isTableExists($this->resource->getTableName($subscription['name']))) {
                return false;
            }
        }
        return true;
    }

    private function dropLog(string $id): void
    {
        $log = $this->resource->getTableName($id . '_cl');
        if ($this->resource->getConnection()->isTableExists($log)) {
            $this->resource->getConnection()->dropTable($log);
        }
    }
}
