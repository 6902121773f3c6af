<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Outbox;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Many rows of one type and subject are one event: the last.
 */
final class Collapse
{
    /**
     * The last row of each type and subject, in the order of those last ones.
     *
     * @param Row[] $rows
     *
     * @return Row[]
     */
    public static function rows(array $rows): array
    {
        $last = [];
        foreach ($rows as $row) {
            $name = implode('|', [$row->type, $row->kind, $row->subject, $row->variant]);
            unset($last[$name]);
            $last[$name] = $row;
        }

        return array_values($last);
    }
}
