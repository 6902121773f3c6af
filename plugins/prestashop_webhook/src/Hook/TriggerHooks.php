<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Hook;

use Shopbridge\Event\Log;
use Shopbridge\Services;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The fall-back for shops without cron: at most once a minute a request hands the deliverer on after its answer.
 */
trait TriggerHooks
{
    public function hookActionDispatcherBefore($params): void
    {
        try {
            Services::trigger()->arm();
        } catch (\Throwable $failure) {
            Log::failure($failure);
        }
    }
}
