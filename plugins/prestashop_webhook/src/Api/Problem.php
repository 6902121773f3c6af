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
 * One thing wrong with a call (plugin contract, section 3): a code that stays, the place in the body, and words for a person.
 */
final class Problem
{
    /**
     * @return array{code: string, where: string, says: string}
     */
    public static function of(string $code, string $where, string $says): array
    {
        return ['code' => $code, 'where' => $where, 'says' => $says];
    }
}
