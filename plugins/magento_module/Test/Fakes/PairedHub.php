<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Magento\Framework\App\Request\Http;
use Magento\Framework\App\State as AppState;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Delivery\Notice;
use Shopbridge\TikTokShop\Model\Delivery\Packer;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;
use Shopbridge\TikTokShop\Model\Hub\Breaker;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HttpAnswer;
use Shopbridge\TikTokShop\Model\Hub\Patience;
use Shopbridge\TikTokShop\Model\Hub\Session;
use Shopbridge\TikTokShop\Model\Hub\WebhookUrl;
use Shopbridge\TikTokShop\Model\Pairing;
use Shopbridge\TikTokShop\Model\Signature;
use Shopbridge\TikTokShop\Model\Ulid;

/**
 * A shop that is paired with a hub: the real client over a wire that answers what a test tells it.
 */
class PairedHub
{
    private const SECRET = 'whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';

    public Wire $wire;
    public Memory $memory;
    public TurnedClock $clock;
    public Settings $settings;
    public Client $client;
    public Pairing $pairing;
    public Patience $patience;

    /**
     * @param array<string, mixed> $values settings besides those of the pairing
     * @param string $area where the request runs; '' for a command
     */
    public function __construct(array $values = [], string $area = '', bool $isScript = false)
    {
        $this->wire = new Wire(self::SECRET);
        $this->memory = new Memory();
        $this->clock = new TurnedClock();
        $this->settings = new Settings($values + [
            Config::ENABLED => '1',
            Config::WEBHOOK_URL => 'https://hub.example/hooks/magento/AbCdEfGhIjKlMnOpQrStUv',
            Config::SECRET => self::SECRET,
        ]);
        $signature = new Signature();
        $config = new Config($this->settings, new WebhookUrl($signature));
        $session = new Session($this->memory, new Reversing());
        $schedule = new Schedule($this->memory, $this->clock);
        $breaker = new Breaker($this->memory, $this->clock);
        $this->patience = new Patience(new AppState($area), new Http($isScript));
        $this->pairing = new Pairing(
            $config,
            new FewFacts(),
            $session,
            $schedule,
            new Notice(),
            $this->wire,
            $signature,
            new Packer(),
            new Ulid($this->clock),
            $this->memory,
            $this->clock,
            $breaker
        );
        $this->client = new Client($config, $session, $this->pairing, $this->wire, new Notice(), $this->patience, $breaker);
    }

    /**
     * What the hub answers to the next call.
     *
     * @param array<mixed> $body
     */
    public function answers(array $body, int $status = 200): void
    {
        $this->wire->answers[] = new HttpAnswer($status, json_encode($body, JSON_THROW_ON_ERROR));
    }

    /**
     * The calls of the API, without hellos.
     *
     * @return list<array{method: string, path: string, body: mixed}>
     */
    public function calls(): array
    {
        $calls = array_filter($this->wire->sent, static fn (array $one): bool => str_contains($one['url'], '/api/v1/'));
        return array_values(array_map(static fn (array $one): array => [
            'method' => $one['method'],
            'path' => explode('/api/v1/', $one['url'])[1],
            'body' => json_decode($one['body'], true),
        ], $calls));
    }
}
