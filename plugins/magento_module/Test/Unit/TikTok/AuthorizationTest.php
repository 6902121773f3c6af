<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\TikTok;

use Magento\Framework\Exception\LocalizedException;
use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\TikTok\Authorization;
use Shopbridge\TikTokShop\Model\TikTok\Settings;
use Shopbridge\TikTokShop\Test\Fakes\PairedHub;

/**
 * The seller's consent: only the one that was asked for here is taken, once, for ten minutes.
 */
class AuthorizationTest extends TestCase
{
    private const OWN = 'mdk44fc9GLGWUddXogdz77DesXVOWdzt';

    private PairedHub $hub;
    private Authorization $authorization;

    protected function setUp(): void
    {
        $this->hub = new PairedHub([Settings::AUTHORIZE_STATE => self::OWN]);
        $settings = new Settings($this->hub->settings);
        $this->authorization = new Authorization($this->hub->client, $this->hub->memory, $settings, $this->hub->clock);
    }

    public function testTheSellerIsSentToTheConsentPageWithTheShopsOwnState(): void
    {
        self::assertSame('https://tiktok.example/authorize', $this->begin());
        self::assertSame(['state_prefix' => self::OWN], $this->hub->calls()[0]['body']);
        self::assertSame(Authorization::WAITING, $this->authorization->standing()['is']);
    }

    public function testTheCodeOfThatConsentIsHandedOnOnce(): void
    {
        $this->begin();
        $this->hub->answers(['shops' => []]);
        $this->authorization->finish('CODE', self::OWN . '.nonce');
        self::assertSame(['code' => 'CODE', 'state' => self::OWN . '.nonce'], $this->hub->calls()[1]['body']);
        self::assertSame(Authorization::DONE, $this->authorization->standing()['is']);
        $this->refuses('CODE', self::OWN . '.nonce');
        self::assertCount(2, $this->hub->calls());
    }

    /**
     * @dataProvider foreign
     */
    public function testWhatWasNotAskedForHereNeverReachesTheHub(string $code, string $state): void
    {
        $this->begin();
        $this->refuses($code, $state);
        self::assertCount(1, $this->hub->calls());
        self::assertSame(Authorization::WAITING, $this->authorization->standing()['is']);
    }

    /**
     * @return array<string, array{string, string}>
     */
    public static function foreign(): array
    {
        return [
            'another nonce' => ['CODE', self::OWN . '.other'],
            'another shop' => ['CODE', 'somebody-else.nonce'],
            'no state' => ['CODE', ''],
            'the own part alone' => ['CODE', self::OWN . '.'],
            'no code' => ['', self::OWN . '.nonce'],
        ];
    }

    public function testAfterTenMinutesItIsTooLate(): void
    {
        $this->begin();
        $this->hub->clock->at += 601;
        $this->refuses('CODE', self::OWN . '.nonce');
        self::assertSame(Authorization::FAILED, $this->authorization->standing()['is']);
        self::assertStringContainsString('ten minutes', $this->authorization->standing()['says']);
    }

    public function testWithoutAConsentThatWasAskedForNothingIsTaken(): void
    {
        $this->refuses('CODE', self::OWN . '.nonce');
        self::assertSame('', $this->authorization->standing()['is']);
    }

    public function testWhatTheHubRefusesIsShownInItsWords(): void
    {
        $this->begin();
        $this->hub->answers(['title' => 'Conflict', 'detail' => 'This sign-in was used already.', 'code' => 'state'], 409);
        $this->refuses('CODE', self::OWN . '.nonce');
        self::assertSame(
            ['is' => Authorization::FAILED, 'says' => 'This sign-in was used already.'],
            $this->authorization->standing()
        );
    }

    public function testASellerWhoDoesNotAgreeEndsTheWait(): void
    {
        $this->begin();
        try {
            $this->authorization->refused(self::OWN . '.nonce');
        } catch (LocalizedException $error) {
            self::assertStringContainsString('did not agree', $error->getMessage());
        }
        self::assertSame(Authorization::FAILED, $this->authorization->standing()['is']);
        self::assertCount(1, $this->hub->calls());
    }

    private function begin(): string
    {
        $this->hub->answers(['consent_url' => 'https://tiktok.example/authorize', 'state' => self::OWN . '.nonce']);
        return $this->authorization->start();
    }

    private function refuses(string $code, string $state): void
    {
        try {
            $this->authorization->finish($code, $state);
            self::fail('this consent must not be taken');
        } catch (LocalizedException $error) {
            self::assertNotSame('', $error->getMessage());
        }
    }
}
