<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Event;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Where a failure of ours is written down: the shop's own log, under our name.
 */
final class Log
{
    /** @var bool */
    private static $said = false;

    /**
     * Once per request, so that a save which fires twenty hooks does not write twenty lines.
     */
    public static function failure(\Throwable $failure): void
    {
        if (self::$said) {
            return;
        }
        self::$said = true;
        $text = 'shopbridge: ' . get_class($failure) . ': ' . $failure->getMessage() . ' (' . basename($failure->getFile()) . ' line ' . $failure->getLine() . ')';
        try {
            \PrestaShopLogger::addLog(substr($text, 0, 500), 2, null, 'Shopbridge', null, true);
        } catch (\Throwable $worse) {
            error_log($text);
        }
    }
}
