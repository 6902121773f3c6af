<?php

/**
 * The unit tests run without a shop: what the module's logic needs of the core stands in tests/fakes.
 */
declare(strict_types=1);

define('_PS_VERSION_', '9.0.0');
define('_DB_PREFIX_', 'ps_');

require_once __DIR__ . '/../autoload.php';

spl_autoload_register(static function (string $class): void {
    if (strncmp($class, 'Shopbridge\\Tests\\', 17) === 0) {
        $file = __DIR__ . '/' . str_replace('\\', '/', substr($class, 17)) . '.php';
        if (is_file($file)) {
            require_once $file;
        }
    }
});
