<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Crypto\Keys;
use Shopbridge\Settings\Settings;
use Shopbridge\Settings\Stores;
use Shopbridge\Settings\WebhookUrl;
use Shopbridge\Tests\Fakes\MemoryConfig;
use Shopbridge\Tests\Fakes\TurningCipher;

/**
 * What is kept for each shop, and how.
 */
final class SettingsTest extends TestCase
{
    const NOW = 1795780800;
    const SECRET = 'whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';
    const OTHER = 'whsec_IPZl991MSWdyQQuB0UBeQsDTDUtd9LHKOzw8drkqPnU=';

    /** @var MemoryConfig */
    private $config;
    /** @var TurningCipher */
    private $cipher;
    /** @var Settings */
    private $settings;

    protected function setUp(): void
    {
        $this->config = new MemoryConfig([1, 2]);
        $this->cipher = new TurningCipher();
        $this->settings = new Settings($this->config, $this->cipher);
    }

    private static function url(string $letter, string $secret = self::SECRET): WebhookUrl
    {
        return WebhookUrl::parse('https://hub.example/hooks/prestashop/' . str_repeat($letter, 22) . '#' . $secret);
    }

    public function testTheSecretIsNowhereInTheConfigurationInClear(): void
    {
        $this->settings->join(self::url('a'), 0, self::NOW);
        $this->settings->join(self::url('a', self::OTHER), 0, self::NOW);

        $kept = (string) json_encode($this->config->values, JSON_UNESCAPED_SLASHES);
        self::assertStringNotContainsString(self::SECRET, $kept);
        self::assertStringNotContainsString(self::OTHER, $kept);
        self::assertStringNotContainsString('#', $kept);
        self::assertSame(self::OTHER, $this->settings->secret(1));
    }

    public function testTheFormerSecretIsTakenForADayAfterItsChange(): void
    {
        $this->settings->join(self::url('a'), 0, self::NOW - 500);
        $this->settings->join(self::url('a', self::OTHER), 0, self::NOW);

        $names = function (int $now): array {
            return array_map(static function (Keys $keys): string {
                return bin2hex($keys->k2);
            }, $this->settings->acceptedKeys(1, $now));
        };
        $old = bin2hex(Keys::fromSecret(self::SECRET)->k2);
        $new = bin2hex(Keys::fromSecret(self::OTHER)->k2);
        self::assertSame([$new, $old], $names(self::NOW + 86399));
        self::assertSame([$new], $names(self::NOW + 86400));
    }

    public function testTheSecretOfAnotherConnectionIsNotTakenAnyMore(): void
    {
        $this->settings->join(self::url('a'), 0, self::NOW);
        $this->settings->join(self::url('b', self::OTHER), 0, self::NOW);

        self::assertSame([bin2hex(Keys::fromSecret(self::OTHER)->k2)], array_map(static function (Keys $keys): string {
            return bin2hex($keys->k2);
        }, $this->settings->acceptedKeys(1, self::NOW)));
    }

    public function testSavingTheSameUrlAgainKeepsNoFormerSecret(): void
    {
        $this->settings->join(self::url('a'), 0, self::NOW);
        $this->settings->join(self::url('a'), 0, self::NOW);

        self::assertCount(1, $this->settings->acceptedKeys(1, self::NOW));
    }

    public function testAShopWithoutUrlWantsNothing(): void
    {
        $this->settings->join(self::url('a'), 2, self::NOW);

        self::assertFalse($this->settings->wants(1, 'product.saved'));
        self::assertTrue($this->settings->wants(2, 'product.saved'));
        self::assertNull($this->settings->keys(1));
    }

    public function testAFamilyThatIsOffIsNotTold(): void
    {
        $this->settings->join(self::url('a'), 0, self::NOW);
        $this->settings->switchOff(['stock', 'orders', 'nonsense'], 0);

        self::assertFalse($this->settings->wants(1, 'stock.changed'));
        self::assertFalse($this->settings->wants(1, 'order.cancelled'));
        self::assertTrue($this->settings->wants(1, 'shipment.changed'));
        self::assertTrue($this->settings->wants(1, 'plugin.test'));
        self::assertSame(['stock', 'orders'], $this->settings->familiesOff(1));
    }

    public function testEachEventTypeBelongsToOneFamily(): void
    {
        $types = array_merge(...array_values(Settings::FAMILIES));
        self::assertSame($types, array_values(array_unique($types)));
        self::assertContains('catalog.changed', $types);
        self::assertCount(11, $types);
    }

    public function testShopsShareAUrlOrHaveTheirOwn(): void
    {
        $this->settings->join(self::url('a'), 0, self::NOW);
        self::assertSame([str_repeat('a', 22) => [1, 2]], $this->settings->links());

        $this->settings->join(self::url('b', self::OTHER), 2, self::NOW);
        self::assertSame([str_repeat('a', 22) => [1], str_repeat('b', 22) => [2]], $this->settings->links());

        $this->settings->leave(2);
        self::assertSame([str_repeat('a', 22) => [1, 2]], $this->settings->links());

        $this->settings->leave(0);
        self::assertSame([], $this->settings->links());
    }

    public function testASecretThatCanNoLongerBeReadSignsNothing(): void
    {
        $this->settings->join(self::url('a'), 0, self::NOW);
        $this->cipher->isKeyLost = true;

        self::assertNull($this->settings->keys(1));
        self::assertSame([], $this->settings->acceptedKeys(1, self::NOW));
    }

    public function testTheCronTokenIsMadeOnceAndKeptEncrypted(): void
    {
        $token = $this->settings->cronToken();

        self::assertMatchesRegularExpression('/^[0-9a-f]{40}$/', $token);
        self::assertSame($token, $this->settings->cronToken());
        self::assertStringNotContainsString($token, (string) json_encode($this->config->values));
    }

    /**
     * @feature MOD-04
     */
    public function testForgettingLeavesNothingBehindAndNothingIsTold(): void
    {
        $this->settings->join(self::url('a'), 0, self::NOW);
        $this->settings->join(self::url('b', self::OTHER), 2, self::NOW);
        $this->settings->join(self::url('b'), 2, self::NOW);
        $this->settings->switchOff(['stock'], 2);
        $this->settings->cronToken();
        $this->settings->forget();

        self::assertSame([[], []], [array_filter($this->config->values), $this->settings->links()]);
        self::assertFalse($this->settings->wants(1, 'product.saved'));
    }

    public function testStoresAreCalledByTheirNumber(): void
    {
        self::assertSame('3', Stores::code(3));
        self::assertSame([3, 1, 1, 0], [Stores::shop('3', 1), Stores::shop('', 1), Stores::shop('default', 1), Stores::shop('main', 1)]);
    }
}
