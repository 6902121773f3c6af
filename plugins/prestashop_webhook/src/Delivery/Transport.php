<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Delivery;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Carries one message to the hub.
 */
interface Transport
{
    /**
     * @param array<string, string> $headers
     */
    public function post(string $url, array $headers, string $body): Reply;
}
