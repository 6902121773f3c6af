<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

/**
 * The hub gave no answer, or one that says to try later.
 */
class Unreachable extends HubException
{
}
