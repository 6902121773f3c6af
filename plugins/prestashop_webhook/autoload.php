<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

if (!defined('_PS_VERSION_')) {
    exit;
}

/*
 * The module's own classes, Shopbridge\Name\Space\ClassName in src/Name/Space/ClassName.php. No Composer: a vendor folder
 * of ours could load another version of a library than the shop's. First in the row: the shop's own loaders would each search
 * for every one of these names before this one is asked.
 */
spl_autoload_register(static function (string $class): void {
    if (strncmp($class, 'Shopbridge\\', 11) !== 0) {
        return;
    }
    $file = __DIR__ . '/src/' . str_replace('\\', '/', substr($class, 11)) . '.php';
    if (is_file($file)) {
        require_once $file;
    }
}, true, true);
