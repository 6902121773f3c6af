<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Install;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Something that install makes and uninstall takes away. Both may be repeated; upgrade scripts call `install` again.
 */
interface Part
{
    /**
     * @throws \Exception where it can't be made
     */
    public function install(\Module $module): void;

    /**
     * @throws \Exception where it can't be taken away
     */
    public function uninstall(\Module $module): void;
}
