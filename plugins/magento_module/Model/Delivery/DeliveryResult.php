<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

/**
 * What one run of the deliverer did.
 */
class DeliveryResult
{
    public int $sent = 0;
    public int $events = 0;
    public int $refused = 0;

    public function __construct(public bool $hadLock = true)
    {
    }
}
