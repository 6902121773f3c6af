<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit;

use Magento\Framework\Exception\LocalizedException;
use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Hub\WebhookUrl;
use Shopbridge\TikTokShop\Model\Signature;
use Shopbridge\TikTokShop\Test\Fakes\Settings;

/**
 * @feature MOD-01
 */
class ConfigTest extends TestCase
{
    private const URL = 'https://hub.example/hooks/magento/AbCdEfGhIjKlMnOpQrStUv';
    private const SECRET = 'whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';

    public function testTheSecretIsCutOffThePastedUrl(): void
    {
        $read = $this->reader()->read('  ' . self::URL . '#' . self::SECRET . "\n");
        self::assertSame(['url' => self::URL, 'secret' => self::SECRET], $read);
    }

    /**
     * @dataProvider wrongUrls
     */
    public function testWhatIsNoUrlOfAHubIsRefused(string $pasted, string $says): void
    {
        $this->expectException(LocalizedException::class);
        $this->expectExceptionMessage($says);
        $this->reader()->read($pasted);
    }

    /**
     * @return array<string, array{0: string, 1: string}>
     */
    public static function wrongUrls(): array
    {
        return [
            'nothing' => ['', 'not the address'],
            'no scheme' => ['hub.example/hooks/magento/AbCdEfGhIjKlMnOpQrStUv', 'not the address'],
            'another scheme' => ['ftp://hub.example', 'not the address'],
            'with a query' => [self::URL . '?a=1#' . self::SECRET, 'not the address'],
            'a password in it' => ['https://me:pw@hub.example/', 'not the address'],
            'for PrestaShop' => ['https://hub.example/hooks/prestashop/AbCdEfGhIjKlMnOpQrStUv', 'another store system'],
            'a short key' => ['https://hub.example/hooks/magento/AbCd', 'not complete'],
            'half a secret' => [self::URL . '#whsec_o7Ncd', 'secret behind #'],
            'another fragment' => [self::URL . '#top', 'secret behind #'],
        ];
    }

    public function testAUrlWithItsSecretIsAPairing(): void
    {
        $endpoint = $this->config([Config::WEBHOOK_URL => self::URL, Config::SECRET => self::SECRET])->endpoint();
        self::assertNotNull($endpoint);
        self::assertSame([self::URL, self::SECRET, ''], [$endpoint->url, $endpoint->secret, $endpoint->appKey]);
    }

    public function testAppKeyAndSecretGoWithTheBareAddress(): void
    {
        $endpoint = $this->config([
            Config::WEBHOOK_URL => 'https://hub.example/',
            Config::APP_KEY => 'consumer',
            Config::APP_SECRET => 'q7m2ZtR0vB5nK8xW1cY4dF6gH9jL3pSa',
        ])->endpoint();
        self::assertNotNull($endpoint);
        self::assertSame('https://hub.example/hooks/magento', $endpoint->url);
        self::assertSame('consumer', $endpoint->appKey);
    }

    public function testHalfOfTheSettingsIsNoPairing(): void
    {
        self::assertNull($this->config([])->endpoint());
        self::assertNull($this->config([Config::WEBHOOK_URL => self::URL])->endpoint());
        self::assertNull($this->config([Config::WEBHOOK_URL => 'https://hub.example', Config::APP_KEY => 'a'])->endpoint());
    }

    public function testNothingIsRecordedWhileTheConnectorIsOff(): void
    {
        self::assertFalse($this->config([Config::WEBHOOK_URL => self::URL, Config::SECRET => self::SECRET])->isRecording());
        self::assertFalse($this->config([Config::ENABLED => '1'])->isRecording());
        self::assertTrue($this->config([Config::ENABLED => '1', Config::WEBHOOK_URL => self::URL])->isRecording());
    }

    /**
     * @param array<string, string> $values
     */
    private function config(array $values): Config
    {
        return new Config(new Settings($values), $this->reader());
    }

    private function reader(): WebhookUrl
    {
        return new WebhookUrl(new Signature());
    }
}
