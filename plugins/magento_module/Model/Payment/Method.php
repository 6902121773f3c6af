<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Payment;

/**
 * Names of the payment method of TikTok Shop orders; its behaviour is put together in etc/di.xml.
 */
class Method
{
    public const CODE = 'shopbridge';
    public const IS_UNPAID = 'shopbridge_unpaid';
    public const IS_HELD = 'shopbridge_held';
}
