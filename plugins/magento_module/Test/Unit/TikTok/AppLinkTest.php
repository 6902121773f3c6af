<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\TikTok;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\TikTok\AppLink;

/**
 * An app's authorization link, as it is copied from the Open Platform.
 */
class AppLinkTest extends TestCase
{
    /**
     * @dataProvider links
     */
    public function testTheLinkTellsWhereAndForWhichService(string $link, string $host, string $service): void
    {
        self::assertSame(['host' => $host, 'service_id' => $service], (new AppLink())->read($link));
    }

    /**
     * @return array<string, array{string, string, string}>
     */
    public static function links(): array
    {
        return [
            'whole' => [
                'https://services.tiktokshop.com/open/authorize?service_id=7400000000000000001',
                'https://services.tiktokshop.com',
                '7400000000000000001',
            ],
            'with a port and spaces' => [' http://127.0.0.1:8001/open/authorize?service_id=74 ', 'http://127.0.0.1:8001', '74'],
            'without service' => ['https://auth.tiktok-shops.com', 'https://auth.tiktok-shops.com', ''],
            'a list for a service' => ['https://a.example/?service_id[]=1', 'https://a.example', ''],
            'none' => ['', '', ''],
            'no address' => ['service_id=7', '', ''],
        ];
    }
}
