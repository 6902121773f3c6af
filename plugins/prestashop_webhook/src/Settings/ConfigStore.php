<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Settings;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Named texts of the shop's configuration. Shop 0 is the value for all shops, which a shop's own value replaces.
 */
interface ConfigStore
{
    /**
     * The value that holds for a shop; empty where there is none.
     */
    public function get(string $name, int $shop): string;

    public function set(string $name, string $value, int $shop): void;

    /**
     * Removes a name everywhere.
     */
    public function forget(string $name): void;

    /**
     * Lets a shop go back to the value for all shops.
     */
    public function inherit(string $name, int $shop): void;

    /**
     * The numbers of all shops that are not deleted.
     *
     * @return int[]
     */
    public function shops(): array;
}
