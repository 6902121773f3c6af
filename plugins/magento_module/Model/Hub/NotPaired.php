<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

/**
 * There is no hub to ask: the settings are not complete, or it does not know this shop.
 */
class NotPaired extends HubException
{
}
