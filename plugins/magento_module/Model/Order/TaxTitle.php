<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * What a TikTok Shop order's tax is called: who collected it decides who pays it to the state.
 */
class TaxTitle
{
    public const REMITTED = 'Tax collected and remitted by TikTok Shop';
    public const OWN = 'Tax';

    /**
     * The title, not translated: it is stored.
     */
    public static function of(string $remittedBy): string
    {
        return $remittedBy === 'tiktok' ? self::REMITTED : self::OWN;
    }

    /**
     * The tax row's code.
     */
    public static function code(string $remittedBy): string
    {
        return $remittedBy === 'tiktok' ? 'tiktok_remitted' : 'tiktok_tax';
    }
}
