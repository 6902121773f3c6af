<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Shopbridge\TikTokShop\Model\Hub\HttpAnswer;
use Shopbridge\TikTokShop\Model\Hub\Patience;
use Shopbridge\TikTokShop\Model\Hub\TransportInterface;
use Shopbridge\TikTokShop\Model\Signature;

/**
 * The wire to a hub that answers what a test tells it; a hello it answers as the hub does, signed.
 */
class Wire implements TransportInterface
{
    /** @var list<array{method: string, url: string, headers: array<string, string>, body: string}> */
    public array $sent = [];

    /** @var list<float> how long each of them was given, in seconds */
    public array $within = [];

    /** @var list<HttpAnswer> */
    public array $answers = [];

    public ?HttpAnswer $helloAnswer = null;

    public function __construct(private readonly string $secret)
    {
    }

    public function send(
        string $method,
        string $url,
        array $headers,
        string $body = '',
        float $within = Patience::CALL_S
    ): HttpAnswer {
        $this->sent[] = ['method' => $method, 'url' => $url, 'headers' => $headers, 'body' => $body];
        $this->within[] = $within;
        if (str_contains($body, '"plugin.hello"')) {
            return $this->helloAnswer ?? $this->hello($headers);
        }
        return array_shift($this->answers) ?? new HttpAnswer(202, '{"accepted":1,"duplicate":0,"refused":[]}');
    }

    /**
     * @return list<array{method: string, url: string, headers: array<string, string>, body: string}> without hellos
     */
    public function batches(): array
    {
        return array_values(array_filter($this->sent, static fn (array $one): bool => str_contains($one['body'], '"seq"')));
    }

    /**
     * @return list<array<string, mixed>>
     */
    public function events(): array
    {
        $events = [];
        foreach ($this->batches() as $one) {
            array_push($events, ...json_decode($one['body'], true)['events']);
        }
        return $events;
    }

    /**
     * @param array<string, string> $headers
     */
    public function hello(array $headers, string $token = 'sbp_1'): HttpAnswer
    {
        $signature = new Signature();
        $body = json_encode(['api_url' => 'https://hub.example/api/v1', 'api_token' => $token, 'skew_s' => 0,
            'connection' => ['id' => '1', 'name' => 'Shop'], 'shops' => []]);
        return new HttpAnswer(
            200,
            $body,
            $signature->headers($signature->keys($this->secret)['k4'], $headers['webhook-id'], 1795780800, $body)
        );
    }
}
