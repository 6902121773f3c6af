<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

use Shopbridge\Install\Installer;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * From the trial versions 0.x: tables, hooks and parts that they did not have.
 */
function upgrade_module_1_0_0(\Module $module): bool
{
    return (new Installer($module))->upgrade();
}
