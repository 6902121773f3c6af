<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Order;

use Shopbridge\Install\Part;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What the shop needs to have for our orders: a carrier, a state for held orders, and taxes that no rule computes. Made when first
 * needed, and again where a merchant deleted them.
 */
final class Parts implements Part
{
    const CARRIER = 'SHOPBRIDGE_CARRIER';
    const HELD = 'SHOPBRIDGE_OS_HELD';
    const TAX_REMITTED = 'SHOPBRIDGE_TAX_REMITTED';
    const TAX_SELLER = 'SHOPBRIDGE_TAX_SELLER';

    /** As long as a tax's name may be in PrestaShop. */
    const TAX_NAMES = [self::TAX_REMITTED => 'Tax remitted by TikTok Shop', self::TAX_SELLER => 'Tax on TikTok Shop orders'];

    public function install(\Module $module): void
    {
        $this->carrier();
        $this->heldState();
        $this->tax(self::TAX_REMITTED);
    }

    /**
     * Old orders name carrier, state and taxes: they stay in the database, out of every list.
     */
    public function uninstall(\Module $module): void
    {
        $carrier = \Carrier::getCarrierByReference((int) \Configuration::getGlobalValue(self::CARRIER));
        if ($carrier !== false) {
            $carrier->deleted = true;
            $carrier->update();
        }
        $state = new \OrderState((int) \Configuration::getGlobalValue(self::HELD));
        if (\Validate::isLoadedObject($state)) {
            $state->deleted = true;
            $state->update();
        }
        foreach ([self::CARRIER, self::HELD, self::TAX_REMITTED, self::TAX_SELLER] as $name) {
            \Configuration::deleteByName($name);
        }
    }

    /**
     * The id of our carrier now. It serves no zone and no group, so no checkout offers it; our orders name it themselves.
     */
    public function carrier(): int
    {
        $known = \Carrier::getCarrierByReference((int) \Configuration::getGlobalValue(self::CARRIER));
        if ($known !== false && !$known->deleted) {
            return (int) $known->id;
        }
        $carrier = new \Carrier();
        $carrier->name = 'TikTok Shop';
        $carrier->delay = self::inEachLanguage('TikTok Shop', 512);
        $carrier->active = true;
        $carrier->is_free = true;
        $carrier->shipping_handling = false;
        $carrier->range_behavior = false;
        $carrier->shipping_method = \Carrier::SHIPPING_METHOD_FREE;
        self::insist($carrier->add());
        $carrier->setTaxRulesGroup(0, true);
        // A new carrier's reference is its first id; the object learns it only when it is read again.
        \Configuration::updateGlobalValue(self::CARRIER, (int) $carrier->id);

        return (int) $carrier->id;
    }

    /**
     * TikTok Shop lets a buyer cancel within the first hour: paid for, stock taken, not to be packed yet.
     */
    public function heldState(): int
    {
        $known = new \OrderState((int) \Configuration::getGlobalValue(self::HELD));
        if (\Validate::isLoadedObject($known) && !$known->deleted) {
            return (int) $known->id;
        }
        $state = new \OrderState();
        $state->name = self::inEachLanguage('TikTok Shop: on hold', 64);
        $state->module_name = 'shopbridge';
        $state->color = '#4169E1';
        $state->unremovable = true;
        $state->logable = true;
        $state->paid = true;
        $state->invoice = false;
        $state->send_email = false;
        $state->hidden = false;
        self::insist($state->add());
        \Configuration::updateGlobalValue(self::HELD, (int) $state->id);

        return (int) $state->id;
    }

    /**
     * A tax without a rate, under which amounts stand that the shop did not compute.
     */
    public function tax(string $name): int
    {
        $known = new \Tax((int) \Configuration::getGlobalValue($name));
        if (\Validate::isLoadedObject($known)) {
            return (int) $known->id;
        }
        $tax = new \Tax();
        $tax->name = self::inEachLanguage(self::TAX_NAMES[$name], 32);
        $tax->rate = 0;
        $tax->active = true;
        // Out of the list of taxes that a merchant can choose from.
        $tax->deleted = true;
        self::insist($tax->add());
        \Configuration::updateGlobalValue($name, (int) $tax->id);

        return (int) $tax->id;
    }

    /**
     * @return array<int, string>
     */
    private static function inEachLanguage(string $text, int $length): array
    {
        $texts = [];
        foreach (\Language::getLanguages(false) as $language) {
            $texts[(int) $language['id_lang']] = substr($text, 0, $length);
        }

        return $texts;
    }

    /**
     * @param mixed $done
     */
    private static function insist($done): void
    {
        if (!$done) {
            throw new \RuntimeException('the shop did not save something that orders need');
        }
    }
}
