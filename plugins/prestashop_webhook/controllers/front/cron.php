<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

use Shopbridge\Event\Via;
use Shopbridge\Health\Facts;
use Shopbridge\Health\Observer;
use Shopbridge\Install\Installer;
use Shopbridge\Services;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The address that a crontab calls: delivers what waits. Whoever calls has to bring the token.
 */
class ShopbridgeCronModuleFrontController extends ModuleFrontController
{
    /** Seconds that one call may take; a crontab calls each minute. */
    const SECONDS = 40;

    public function postProcess(): void
    {
        if (!hash_equals(Services::settings()->cronToken(), (string) Tools::getValue('token'))) {
            $this->answer(403, ['code' => 'token']);
        }
        // The caller may have gone already: the fall-back does not wait for the answer.
        ignore_user_abort(true);
        @set_time_limit(self::SECONDS + 30);
        Via::actAs('cron');
        Installer::keepUp($this->module);
        Services::trigger()->ran();
        if (strncmp((string) ($_SERVER['HTTP_USER_AGENT'] ?? ''), 'Shopbridge-cron', 15) !== 0) {
            Services::facts()->note(Facts::CRON_SEEN);
        }
        $outcome = Services::deliverer()->run(self::SECONDS);
        Services::facts()->note(Observer::RAN_AT);
        $this->answer(200, ['busy' => $outcome->isBusy, 'messages' => $outcome->messages, 'events' => $outcome->events]);
    }

    /**
     * A closed shop still delivers what was changed in it.
     */
    protected function displayMaintenancePage(): void
    {
    }

    protected function displayRestrictedCountryPage(): void
    {
    }

    /**
     * @param array<string, mixed> $body
     */
    private function answer(int $status, array $body): void
    {
        http_response_code($status);
        header('Content-Type: application/json');
        header('Cache-Control: no-store');
        echo json_encode($body);
        exit;
    }
}
