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
 * The shop's database refused a statement.
 */
final class DatabaseFailed extends \RuntimeException
{
}
