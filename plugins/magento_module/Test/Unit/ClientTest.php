<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit;

use Magento\Framework\App\Request\Http;
use Magento\Framework\App\State as AppState;
use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Delivery\Notice;
use Shopbridge\TikTokShop\Model\Delivery\Packer;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;
use Shopbridge\TikTokShop\Model\Hub\Breaker;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HttpAnswer;
use Shopbridge\TikTokShop\Model\Hub\NotPaired;
use Shopbridge\TikTokShop\Model\Hub\Patience;
use Shopbridge\TikTokShop\Model\Hub\Refused;
use Shopbridge\TikTokShop\Model\Hub\Session;
use Shopbridge\TikTokShop\Model\Hub\Unreachable;
use Shopbridge\TikTokShop\Model\Hub\WebhookUrl;
use Shopbridge\TikTokShop\Model\Pairing;
use Shopbridge\TikTokShop\Model\Signature;
use Shopbridge\TikTokShop\Model\Ulid;
use Shopbridge\TikTokShop\Test\Fakes\FewFacts;
use Shopbridge\TikTokShop\Test\Fakes\Memory;
use Shopbridge\TikTokShop\Test\Fakes\Reversing;
use Shopbridge\TikTokShop\Test\Fakes\Settings;
use Shopbridge\TikTokShop\Test\Fakes\TurnedClock;
use Shopbridge\TikTokShop\Test\Fakes\Wire;

/**
 * The hub's API behind the store's admin (plugin contract, section 4).
 */
class ClientTest extends TestCase
{
    private const SECRET = 'whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';

    private Wire $wire;
    private Settings $settings;
    private Client $client;

    protected function setUp(): void
    {
        $clock = new TurnedClock();
        $memory = new Memory();
        $breaker = new Breaker($memory, $clock);
        $signature = new Signature();
        $this->wire = new Wire(self::SECRET);
        $this->settings = new Settings([
            Config::ENABLED => '1',
            Config::WEBHOOK_URL => 'https://hub.example/hooks/magento/AbCdEfGhIjKlMnOpQrStUv',
            Config::SECRET => self::SECRET,
        ]);
        $config = new Config($this->settings, new WebhookUrl($signature));
        $session = new Session($memory, new Reversing());
        $pairing = new Pairing(
            $config,
            new FewFacts(),
            $session,
            new Schedule($memory, $clock),
            new Notice(),
            $this->wire,
            $signature,
            new Packer(),
            new Ulid($clock),
            $memory,
            $clock,
            $breaker
        );
        $patience = new Patience(new AppState(), new Http());
        $this->client = new Client($config, $session, $pairing, $this->wire, new Notice(), $patience, $breaker);
    }

    public function testACallBringsTheTokenThatHelloGave(): void
    {
        $this->wire->answers = [new HttpAnswer(200, '{"shops":[]}')];
        self::assertSame(['shops' => []], $this->client->get('shops', ['q' => 'a b', 'none' => null]));
        [$hello, $call] = $this->wire->sent;
        self::assertStringContainsString('plugin.hello', $hello['body']);
        self::assertSame(['GET', 'https://hub.example/api/v1/shops?q=a+b', ''], [$call['method'], $call['url'], $call['body']]);
        self::assertSame('Bearer sbp_1', $call['headers']['authorization']);
    }

    public function testATokenThatEndedIsRenewedOnce(): void
    {
        $this->wire->answers = [new HttpAnswer(200, '[]'), new HttpAnswer(401), new HttpAnswer(201, '{"task_id":"7"}')];
        $this->client->get('shops');
        self::assertSame(['task_id' => '7'], $this->client->post('tasks', ['kind' => 'push']));
        $kinds = array_map(
            static fn (array $one): string => str_contains($one['body'], 'plugin.hello') ? 'hello' : $one['method'],
            $this->wire->sent
        );
        self::assertSame(['hello', 'GET', 'POST', 'hello', 'POST'], $kinds);
        $this->wire->answers = [new HttpAnswer(401), new HttpAnswer(401)];
        $this->expectException(NotPaired::class);
        $this->client->get('shops');
    }

    public function testARefusalSpeaksTheHubsWords(): void
    {
        $this->wire->answers = [new HttpAnswer(409, json_encode([
            'title' => 'Conflict', 'detail' => 'Another connection uses this app key.', 'code' => 'taken',
            'problems' => [['code' => 'app_key', 'says' => 'used']],
        ]))];
        try {
            $this->client->put('connection/tiktok-app', ['app_key' => 'a']);
            self::fail('a refusal is no answer');
        } catch (Refused $refused) {
            self::assertSame('Another connection uses this app key.', $refused->getMessage());
            self::assertSame([409, 'taken'], [$refused->status(), $refused->code()]);
            self::assertSame([['code' => 'app_key', 'says' => 'used']], $refused->problems());
        }
    }

    /**
     * @dataProvider troubles
     */
    public function testAHubInTroubleIsToldApart(int $status): void
    {
        $this->wire->answers = [new HttpAnswer($status)];
        $this->expectException(Unreachable::class);
        $this->client->get('shops');
    }

    /**
     * @return array<string, array{0: int}>
     */
    public static function troubles(): array
    {
        return ['silent' => [0], 'busy' => [429], 'broken' => [502]];
    }

    public function testWithoutSettingsNobodyIsAsked(): void
    {
        $this->settings->values = [];
        try {
            $this->client->get('shops');
            self::fail('there is nobody to ask');
        } catch (NotPaired) {
            self::assertSame([], $this->wire->sent);
        }
    }
}
