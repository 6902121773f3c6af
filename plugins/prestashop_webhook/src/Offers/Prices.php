<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Offers;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What one unit costs a visitor who has not signed in, in the shop's own currency and country, by the shop's own price code.
 */
final class Prices
{
    /** @var string */
    public $currency;
    /** @var bool */
    public $isTaxIncluded;

    /** @var int */
    private $places;

    /**
     * Sets the present context to such a visitor.
     */
    public function __construct()
    {
        $context = \Context::getContext();
        $currency = new \Currency((int) \Configuration::get('PS_CURRENCY_DEFAULT'));
        $context->currency = $currency;
        $context->country = new \Country((int) \Configuration::get('PS_COUNTRY_DEFAULT'));
        $context->customer = new \Customer();
        if (!\Validate::isLoadedObject($context->cart)) {
            $context->cart = new \Cart();
        }
        $this->currency = (string) $currency->iso_code;
        $this->places = (int) $currency->precision;
        $visitors = (int) \Configuration::get('PS_UNIDENTIFIED_GROUP');
        $this->isTaxIncluded = (bool) \Configuration::get('PS_TAX') && (int) \Group::getPriceDisplayMethod($visitors) === (int) PS_TAX_INC;
    }

    public function of(int $product, int $combination, bool $reduced): string
    {
        $nothing = null;
        $price = \Product::getPriceStatic($product, $this->isTaxIncluded, $combination ?: null, $this->places, null, false, $reduced, 1, false,
            null, null, null, $nothing, true, $reduced);

        return number_format(max(0.0, (float) $price), $this->places, '.', '');
    }
}
