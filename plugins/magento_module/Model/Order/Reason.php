<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\Phrase;

/**
 * Why an order was cancelled, in words: TikTok Shop gives a sentence or a name like "…_canceled_reason_created_by_mistakes".
 */
class Reason
{
    private const NAME = '/^[a-z0-9]+(?:_[a-z0-9]+)+$/D';
    private const BEFORE_WORDS = '/^.*_reason_/';

    /**
     * The comment that stands in the order's history.
     */
    public function cancelled(string $reason): Phrase
    {
        $words = trim($reason);
        if (preg_match(self::NAME, $words)) {
            $words = str_replace('_', ' ', (string) preg_replace(self::BEFORE_WORDS, '', $words));
        }
        return $words === '' ? __('Cancelled on TikTok Shop.') : __('Cancelled on TikTok Shop: %1', $words);
    }
}
