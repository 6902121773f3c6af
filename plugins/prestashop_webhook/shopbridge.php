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

require_once __DIR__ . '/autoload.php';

use Shopbridge\Admin\ConfigurePage;
use Shopbridge\Hook\GoodsHooks;
use Shopbridge\Hook\OrderHooks;
use Shopbridge\Hook\ScreenHooks;
use Shopbridge\Hook\TriggerHooks;
use Shopbridge\Install\Installer;

/**
 * Tells the hub what changes in the shop, and makes TikTok Shop's orders for it. A payment module, because orders are
 * placed by one; it offers no payment in the checkout.
 */
class Shopbridge extends PaymentModule
{
    use GoodsHooks;
    use OrderHooks;
    use ScreenHooks;
    use TriggerHooks;

    public function __construct()
    {
        $this->name = 'shopbridge';
        $this->tab = 'administration';
        $this->version = '1.0.0';
        $this->author = 'Shopbridge';
        $this->need_instance = 0;
        $this->bootstrap = true;
        $this->currencies = true;
        $this->currencies_mode = 'checkbox';
        $this->ps_versions_compliancy = ['min' => '8.0.0', 'max' => '9.99.99'];
        parent::__construct();
        if (!defined('_PS_ADMIN_DIR_') && PHP_SAPI !== 'cli') {
            // Nobody reads them in the shop or its webservice, and translating would load every text of the shop.
            $this->displayName = 'Shopbridge for TikTok Shop';

            return;
        }
        $this->displayName = $this->trans('Shopbridge for TikTok Shop', [], 'Modules.Shopbridge.Admin');
        $this->description = $this->trans('Tells your Shopbridge hub what changes in this shop, and brings TikTok Shop orders in.', [], 'Modules.Shopbridge.Admin');
        $this->confirmUninstall = $this->trans('Uninstall Shopbridge? Changes in this shop then no longer reach TikTok Shop. Your orders stay.', [], 'Modules.Shopbridge.Admin');
    }

    public function isUsingNewTranslationSystem(): bool
    {
        return true;
    }

    public function install(): bool
    {
        return parent::install() && (new Installer($this))->install();
    }

    public function uninstall(): bool
    {
        return (new Installer($this))->uninstall() && parent::uninstall();
    }

    public function getContent(): string
    {
        return (new ConfigurePage($this))->show();
    }
}
