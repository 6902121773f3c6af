<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Settings\NotAWebhookUrl;
use Shopbridge\Settings\WebhookUrl;

/**
 * What a merchant may paste (plugin contract, section 1).
 */
final class WebhookUrlTest extends TestCase
{
    const SECRET = 'whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';
    const KEY = 'AbCdEfGhIjKlMnOpQrSt_-';

    /**
     * @dataProvider right
     */
    public function testTheSecretIsCutOffTheAddress(string $text, string $url): void
    {
        $parsed = WebhookUrl::parse($text);

        self::assertSame($url, $parsed->url);
        self::assertSame(self::KEY, $parsed->key);
        self::assertSame(self::SECRET, $parsed->secret);
        self::assertStringNotContainsString('whsec', $parsed->url);
        self::assertSame(self::KEY, WebhookUrl::keyOf($parsed->url));
    }

    /** @return array<string, array{string, string}> */
    public function right(): array
    {
        $path = '/hooks/prestashop/' . self::KEY;

        return [
            'as shown' => ['https://hub.example' . $path . '#' . self::SECRET, 'https://hub.example' . $path],
            'with blanks around it' => ["  https://hub.example$path#" . self::SECRET . " \n", 'https://hub.example' . $path],
            'with a port' => ['http://127.0.0.1:18440' . $path . '#' . self::SECRET, 'http://127.0.0.1:18440' . $path],
            'in a folder' => ['https://example.org/tools/hub' . $path . '#' . self::SECRET, 'https://example.org/tools/hub' . $path],
        ];
    }

    /**
     * @dataProvider wrong
     */
    public function testWhatIsNotTheWholeUrlIsRefusedWithItsReason(string $text, int $why): void
    {
        $this->expectException(NotAWebhookUrl::class);
        $this->expectExceptionCode($why);
        WebhookUrl::parse($text);
    }

    /** @return array<string, array{string, int}> */
    public function wrong(): array
    {
        $path = '/hooks/prestashop/' . self::KEY;

        return [
            'nothing' => ['', NotAWebhookUrl::SHAPE],
            'a bare address' => ['https://hub.example/', NotAWebhookUrl::SHAPE],
            'another scheme' => ['ftp://hub.example' . $path . '#' . self::SECRET, NotAWebhookUrl::SHAPE],
            'a script' => ['javascript:alert(1)//hooks/prestashop/' . self::KEY . '#' . self::SECRET, NotAWebhookUrl::SHAPE],
            'a user in it' => ['https://me:you@hub.example' . $path . '#' . self::SECRET, NotAWebhookUrl::SHAPE],
            'a question in it' => ['https://hub.example' . $path . '?x=1#' . self::SECRET, NotAWebhookUrl::SHAPE],
            'a short key' => ['https://hub.example/hooks/prestashop/short#' . self::SECRET, NotAWebhookUrl::SHAPE],
            'a line break in it' => ["https://hub.example/a\nb" . $path . '#' . self::SECRET, NotAWebhookUrl::SHAPE],
            'another platform' => ['https://hub.example/hooks/magento/' . self::KEY . '#' . self::SECRET, NotAWebhookUrl::PLATFORM],
            'no secret' => ['https://hub.example' . $path, NotAWebhookUrl::SECRET],
            'a cut secret' => ['https://hub.example' . $path . '#' . substr(self::SECRET, 0, 30), NotAWebhookUrl::SECRET],
            'another secret' => ['https://hub.example' . $path . '#secret', NotAWebhookUrl::SECRET],
        ];
    }
}
