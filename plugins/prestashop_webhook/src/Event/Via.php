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
 * Through which door a change came in (`via` of the contract).
 */
final class Via
{
    /** @var string */
    private static $acting = '';

    /**
     * Says it for the rest of this request: the hub's own calls are `hub`, our cron is `cron`.
     */
    public static function actAs(string $via): void
    {
        self::$acting = $via;
    }

    /**
     * What can be told without asking anything.
     */
    public static function ofThisRequest(string $type): string
    {
        if (self::$acting !== '') {
            return self::$acting;
        }
        if (PHP_SAPI === 'cli') {
            return 'cron';
        }
        $path = (string) parse_url((string) ($_SERVER['REQUEST_URI'] ?? ''), PHP_URL_PATH);
        if (strpos((string) ($_SERVER['SCRIPT_NAME'] ?? ''), 'webservice/dispatcher.php') !== false || strpos($path, '/admin-api/') !== false) {
            return strncmp((string) ($_SERVER['HTTP_USER_AGENT'] ?? ''), 'Shopbridge', 10) === 0 ? 'hub' : 'api';
        }
        if (defined('_PS_ADMIN_DIR_')) {
            return strpos($path, '/import') !== false || \Tools::getValue('controller') === 'AdminImport' ? 'import' : 'admin';
        }

        return in_array($type, ['order.changed', 'order.cancelled', 'stock.changed'], true) ? 'checkout' : 'unknown';
    }
}
