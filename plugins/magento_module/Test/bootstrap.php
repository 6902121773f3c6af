<?php

/**
 * The unit tests run without Magento: the few interfaces of the framework that they need stand in Test/Stubs, small and
 * by hand, under the framework's own names. With Magento around, its own are taken.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $own = 'Shopbridge\\TikTokShop\\';
    $path = str_starts_with($class, $own)
        ? dirname(__DIR__) . '/' . str_replace('\\', '/', substr($class, strlen($own))) . '.php'
        : __DIR__ . '/Stubs/' . str_replace('\\', '/', $class) . '.php';
    if (is_file($path)) {
        require $path;
    }
});

require __DIR__ . '/Stubs/functions.php';

/**
 * The vectors that the Python tests read, too.
 *
 * @return array<string, mixed>
 */
function shopbridge_vectors(string $name): array
{
    $text = (string) file_get_contents(dirname(__DIR__, 3) . '/tests/vectors/' . $name . '.json');
    return json_decode($text, true, 512, JSON_THROW_ON_ERROR);
}
