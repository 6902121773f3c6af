<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Api;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Ids of calls, each taken once.
 */
interface SeenCalls
{
    /**
     * Remembers an id for so many seconds; false where it is known already.
     */
    public function isNew(string $id, int $now, int $seconds): bool;
}
