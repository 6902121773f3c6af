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
 * The edge between a hook and us: whatever fails on our side, the shop's own work goes on.
 */
final class Edge
{
    /**
     * @param callable(\Shopbridge\Event\Recorder, int[]): void $notice gets the recorder and the shops of the present context
     */
    public static function notice(callable $notice): void
    {
        try {
            $notice(Services::recorder(), array_map('intval', array_values(\Shop::getContextListShopID())));
        } catch (\Throwable $failure) {
            Log::failure($failure);
        }
    }
}
