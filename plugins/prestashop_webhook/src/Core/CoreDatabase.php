<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Core;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * PrestaShop's `Db`, which answers false outside debug mode and throws in it: here it always throws.
 */
final class CoreDatabase implements Database
{
    public function run(string $sql): int
    {
        $db = \Db::getInstance();
        if (!$db->execute($sql, false)) {
            throw new DatabaseFailed((string) $db->getMsgError());
        }

        return (int) $db->Affected_Rows();
    }

    public function rows(string $sql): array
    {
        $db = \Db::getInstance();
        $rows = $db->executeS($sql, true, false);
        if (!is_array($rows)) {
            throw new DatabaseFailed((string) $db->getMsgError());
        }

        return $rows;
    }

    public function value(string $sql): ?string
    {
        $rows = $this->rows($sql);
        $value = $rows === [] ? null : reset($rows[0]);

        return $value === null || $value === false ? null : (string) $value;
    }

    public function quote(string $text): string
    {
        return "'" . \Db::getInstance()->_escape($text) . "'";
    }

    public function table(string $name): string
    {
        return '`' . bqSQL(_DB_PREFIX_ . 'shopbridge_' . $name) . '`';
    }
}
