<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Health;

use Magento\Framework\App\Config\ScopeConfigInterface;
use Magento\Framework\Indexer\ConfigInterface as IndexerConfig;
use Magento\Framework\Indexer\IndexerRegistry;
use Magento\Framework\Phrase;
use Shopbridge\TikTokShop\Model\Capture\Capture;
use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Delivery\Notice;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;
use Shopbridge\TikTokShop\Model\Hub\Session;
use Shopbridge\TikTokShop\Model\State;

/**
 * What is well and what is not, each with what to do: the health page of the admin and the hub's look at this shop.
 * Asks nobody outside; what it says of the hub is what its last answers said.
 */
class Report
{
    private const CRON_LATE_S = 300;
    private const QUEUE_LATE_S = 900;
    private const SKEW_S = 300;
    private const BEARER = 'oauth/consumer/enable_integration_as_bearer';

    public function __construct(
        private readonly Config $config,
        private readonly FactsInterface $facts,
        private readonly Schedule $schedule,
        private readonly Notice $notice,
        private readonly Session $session,
        private readonly State $state,
        private readonly Capture $capture,
        private readonly ScopeConfigInterface $scopeConfig,
        private readonly IndexerConfig $indexerConfig,
        private readonly IndexerRegistry $indexerRegistry,
        private readonly Clock $clock
    ) {
    }

    /**
     * hello.hint of the plugin contract, section 2.
     *
     * @return array<string, mixed>
     */
    public function facts(): array
    {
        return $this->facts->facts();
    }

    /**
     * @return list<array{name: string, ok: bool, says: string, fix: string}> fix is '' where all is well
     */
    public function checks(): array
    {
        $checks = [$this->settings()];
        if ($checks[0]['ok']) {
            $checks[] = $this->hub();
            $checks[] = $this->clock();
            $checks[] = $this->changeLogs();
        }
        return [...$checks, $this->cron(), ...$this->queue(), $this->indexers(), $this->bearer()];
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function settings(): array
    {
        if (!$this->config->isEnabled()) {
            return $this->bad('settings', __('The connector is switched off.'), __('Set Enabled to Yes under Saas Configuration.'));
        }
        if ($this->config->endpoint() === null) {
            return $this->bad(
                'settings',
                __('The Web Hook URL or its secret is missing.'),
                __('Copy the Web Hook URL from the hub, paste it whole and save.')
            );
        }
        return $this->good('settings', __('The connector is switched on and has its secret.'));
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function hub(): array
    {
        $notice = $this->schedule->notice();
        if ($notice !== '') {
            return $this->bad('hub', $this->notice->says($notice), $this->notice->fix($notice));
        }
        $endpoint = $this->config->endpoint();
        if ($endpoint === null || $this->session->access($endpoint) === null) {
            return $this->bad('hub', __('The hub has not answered yet.'), __('Save the settings once more to say hello to it.'));
        }
        return $this->good('hub', __('The hub answers and accepts the secret.'));
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function clock(): array
    {
        $endpoint = $this->config->endpoint();
        $skew = $endpoint === null ? 0 : abs((int) ($this->session->facts($endpoint)['skew_s'] ?? 0));
        if ($this->schedule->notice() === Notice::CLOCK || $skew > self::SKEW_S) {
            return $this->bad('clock', $this->notice->says(Notice::CLOCK), $this->notice->fix(Notice::CLOCK));
        }
        return $this->good('clock', __('The clocks agree to %1 seconds.', $skew));
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function changeLogs(): array
    {
        return $this->capture->isComplete()
            ? $this->good('change_logs', __('Changes made past the admin are seen, too.'))
            : $this->bad(
                'change_logs',
                __('Changes that other programs write straight into the database are not seen yet.'),
                __('Wait for the next run of cron. If this stays, the database user may not create triggers: ask your host.')
            );
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function cron(): array
    {
        $seen = (int) $this->state->get(Facts::CRON_SEEN);
        $age = $this->clock->now() - $seen;
        if ($seen === 0 || $age > self::CRON_LATE_S) {
            return $this->bad(
                'cron',
                $seen === 0 ? __('Cron has not run yet.') : __('Cron last ran %1 minutes ago.', intdiv($age, 60)),
                __('Run bin/magento cron:install on the server, or ask your host to.')
            );
        }
        return $this->good('cron', __('Cron ran %1 seconds ago.', $age));
    }

    /**
     * @return list<array{name: string, ok: bool, says: string, fix: string}>
     */
    private function queue(): array
    {
        $queue = $this->facts->facts()['queue'];
        $says = $queue['waiting'] === 0
            ? __('Nothing waits.')
            : __('%1 changes wait, the oldest for %2 minutes.', $queue['waiting'], intdiv($queue['oldest_s'], 60));
        $checks = [$queue['oldest_s'] > self::QUEUE_LATE_S
            ? $this->bad('queue', $says, __('Nothing is lost. See what stands above about the hub and cron.'))
            : $this->good('queue', $says)];
        $delivered = $this->schedule->deliveredAt();
        $checks[] = $this->good('delivered', $delivered === 0
            ? __('Nothing was delivered yet.')
            : __('Last delivered at %1 UTC.', gmdate('Y-m-d H:i', $delivered)));
        $checks[] = $queue['failed'] === 0
            ? $this->good('failed', __('The hub refused nothing.'))
            : $this->bad(
                'failed',
                __('The hub refused %1 changes.', $queue['failed']),
                __('Compare the catalogue from the hub; its next comparison finds what they were about.')
            );
        return $checks;
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function indexers(): array
    {
        $late = [];
        foreach (array_keys($this->indexerConfig->getIndexers()) as $id) {
            $indexer = $this->indexerRegistry->get($id);
            $isOurs = str_starts_with((string) $id, 'catalog') || $id === 'inventory';
            if ($isOurs && !$indexer->isScheduled()) {
                $late[] = (string) $indexer->getTitle();
            }
        }
        return $late === []
            ? $this->good('indexers', __('The catalogue\'s indexers run by schedule.'))
            : $this->bad(
                'indexers',
                __('These indexers run on save and make saving slow: %1.', implode(', ', $late)),
                __('Set them to Update by Schedule under System > Index Management.')
            );
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function bearer(): array
    {
        return $this->good('bearer', $this->scopeConfig->isSetFlag(self::BEARER)
            ? __('Integrations may use their access token alone.')
            : __('Integrations sign their calls; the access token alone is not enough. The hub can do both.'));
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function good(string $name, Phrase $says): array
    {
        return ['name' => $name, 'ok' => true, 'says' => (string) $says, 'fix' => ''];
    }

    /**
     * @return array{name: string, ok: bool, says: string, fix: string}
     */
    private function bad(string $name, Phrase $says, Phrase $fix): array
    {
        return ['name' => $name, 'ok' => false, 'says' => (string) $says, 'fix' => (string) $fix];
    }
}
