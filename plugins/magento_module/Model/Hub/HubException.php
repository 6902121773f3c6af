<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Magento\Framework\Exception\LocalizedException;

/**
 * A call of the hub that did not do what was asked. The message is for the merchant.
 */
class HubException extends LocalizedException
{
}
