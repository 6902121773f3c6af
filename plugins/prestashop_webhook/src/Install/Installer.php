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

use Shopbridge\Event\Log;
use Shopbridge\Order\Parts;
use Shopbridge\Services;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Installs, upgrades and takes away. Every step may be repeated, so that a broken installation can be tried again.
 */
final class Installer
{
    /** Classes of the parts, in the order in which they are made. */
    const PARTS = [Parts::class];

    /** Name of the setting that says which version made tables, hooks and parts. */
    const MADE_BY = 'SHOPBRIDGE_MADE_BY';

    /** @var \Module */
    private $module;

    public function __construct(\Module $module)
    {
        $this->module = $module;
    }

    /**
     * Makes what is missing. On failure it undoes itself, says why in the shop's words, and answers false.
     */
    public function install(): bool
    {
        try {
            $this->make();
        } catch (\Throwable $failure) {
            Log::failure($failure);
            $this->uninstall();

            return false;
        }

        return true;
    }

    /**
     * Upgrades where newer files stand over an older installation: PrestaShop 8 copies an uploaded zip over the module, but runs
     * its upgrade scripts only when the merchant presses Upgrade.
     */
    public static function keepUp(\Module $module): void
    {
        if (\Configuration::getGlobalValue(self::MADE_BY) !== Services::VERSION) {
            (new self($module))->upgrade();
        }
    }

    /**
     * For upgrade scripts: brings tables, hooks and parts to what this version has.
     */
    public function upgrade(): bool
    {
        try {
            $this->make();
        } catch (\Throwable $failure) {
            Log::failure($failure);

            return false;
        }

        return true;
    }

    public function uninstall(): bool
    {
        try {
            foreach (array_reverse(self::PARTS) as $part) {
                (new $part())->uninstall($this->module);
            }
            Services::settings()->forget();
            \Configuration::deleteByName(self::MADE_BY);
            foreach (['FIXED', 'VAR', 'FIXED_FOREIGN', 'VAR_FOREIGN'] as $name) {
                // Made by PaymentModule::install, which leaves them behind.
                \Configuration::deleteByName('CONF_SHOPBRIDGE_' . $name);
            }
            (new Tables(Services::database()))->drop();
        } catch (\Throwable $failure) {
            Log::failure($failure);

            return false;
        }

        return true;
    }

    /**
     * The hooks that the main class answers: each method `hookActionX` or `hookDisplayX` is one.
     *
     * @return string[]
     */
    public static function hooks(\Module $module): array
    {
        $hooks = [];
        foreach (get_class_methods($module) as $method) {
            if (preg_match('/^hook((?:Action|Display)[A-Z]\w+)$/D', $method, $found) === 1) {
                $hooks[] = lcfirst($found[1]);
            }
        }

        return $hooks;
    }

    private function make(): void
    {
        (new Tables(Services::database()))->create();
        Services::settings()->cronToken();
        if (!$this->module->registerHook(self::hooks($this->module))) {
            throw new \RuntimeException('a hook could not be registered');
        }
        foreach (self::PARTS as $part) {
            (new $part())->install($this->module);
        }
        \Configuration::updateGlobalValue(self::MADE_BY, Services::VERSION);
    }
}
