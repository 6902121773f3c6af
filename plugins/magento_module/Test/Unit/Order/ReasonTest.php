<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Order;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Order\Reason;

/**
 * What a merchant reads about a cancellation.
 */
class ReasonTest extends TestCase
{
    /**
     * @dataProvider reasons
     */
    public function testTheCommentHasWordsInPlaceOfNames(string $given, string $shown): void
    {
        self::assertSame($shown, (string) (new Reason())->cancelled($given));
    }

    /**
     * @return array<string, array{0: string, 1: string}>
     */
    public static function reasons(): array
    {
        return [
            'a name' => ['ecom_order_to_ship_canceled_reason_created_by_mistakes', 'Cancelled on TikTok Shop: created by mistakes'],
            'a short name' => ['out_of_stock', 'Cancelled on TikTok Shop: out of stock'],
            'a sentence' => ['No longer needed', 'Cancelled on TikTok Shop: No longer needed'],
            'one word' => ['BUYER', 'Cancelled on TikTok Shop: BUYER'],
            'nothing' => [' ', 'Cancelled on TikTok Shop.'],
        ];
    }
}
