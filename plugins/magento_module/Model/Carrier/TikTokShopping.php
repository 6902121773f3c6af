<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Carrier;

use Magento\Quote\Model\Quote\Address\RateRequest;
use Magento\Shipping\Model\Carrier\AbstractCarrier;
use Magento\Shipping\Model\Carrier\CarrierInterface;

/**
 * Shipping of TikTok Shop orders: stands in the order with TikTok's exact cost and in New Shipment, and is never
 * offered to shoppers.
 */
class TikTokShopping extends AbstractCarrier implements CarrierInterface
{
    public const CODE = 'shopbridge';

    /**
     * @var string
     */
    protected $_code = self::CODE;

    /**
     * @var bool
     */
    protected $_isFixed = true;

    /**
     * No rate for anybody's cart.
     *
     * @return bool
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function collectRates(RateRequest $request)
    {
        return false;
    }

    /**
     * @inheritdoc
     */
    public function getAllowedMethods()
    {
        return [];
    }

    /**
     * @inheritdoc
     */
    public function isTrackingAvailable()
    {
        return true;
    }
}
