<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Health;

use Shopbridge\Delivery\Curl;
use Shopbridge\Delivery\Reply;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Finds out whether the webservice sees who signs in, as many servers with PHP in CGI mode drop that header.
 *
 * It signs in with a made-up key: a webservice that saw it says, in XML, that there is no such key.
 */
final class Probe
{
    const OK = 'ok';
    /** The sign-in never arrived. */
    const DROPPED = 'dropped';
    /** The address leads elsewhere. */
    const NOT_FOUND = 'not_found';
    /** No answer, or one of neither kind. */
    const SILENT = 'silent';

    public static function look(string $apiUrl): string
    {
        return self::meaning((new Curl())->get($apiUrl, ['authorization' => 'Basic ' . base64_encode(str_repeat('SHOPBRIDGEPROBE0', 2) . ':')]));
    }

    /**
     * What an answer to an unknown key says (contracts: codes 20, 21 and 18 stand in XML; without a sign-in it is plain text).
     */
    public static function meaning(Reply $reply): string
    {
        if ($reply->status === 401) {
            return strpos($reply->body, '<prestashop') !== false || strpos($reply->body, '"errors"') !== false ? self::OK : self::DROPPED;
        }
        if ($reply->status === 404 || ($reply->status >= 300 && $reply->status < 400) || ($reply->status === 200 && strpos($reply->body, '<prestashop') === false)) {
            return self::NOT_FOUND;
        }

        return self::SILENT;
    }
}
