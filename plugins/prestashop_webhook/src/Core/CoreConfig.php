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

use Shopbridge\Settings\ConfigStore;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * PrestaShop's configuration table, held in memory by the core.
 */
final class CoreConfig implements ConfigStore
{
    public function get(string $name, int $shop): string
    {
        $value = $shop === 0 ? \Configuration::getGlobalValue($name) : \Configuration::get($name, null, null, $shop);

        return $value === false || $value === null ? '' : (string) $value;
    }

    public function set(string $name, string $value, int $shop): void
    {
        if ($shop === 0) {
            \Configuration::updateGlobalValue($name, $value);
        } else {
            \Configuration::updateValue($name, $value, false, \Shop::getGroupFromShop($shop), $shop);
        }
    }

    public function forget(string $name): void
    {
        \Configuration::deleteByName($name);
    }

    public function inherit(string $name, int $shop): void
    {
        if ($shop !== 0) {
            \Configuration::deleteFromContext($name, (int) \Shop::getGroupFromShop($shop), $shop);
        }
    }

    public function shops(): array
    {
        return array_map('intval', array_values(\Shop::getShops(false, null, true)));
    }
}
