<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

/**
 * What this module is.
 */
class Module
{
    public const NAME = 'Shopbridge_TikTokShop';
    public const VERSION = '1.0.0';
}
