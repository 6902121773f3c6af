<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Delivery\Notice;
use Shopbridge\TikTokShop\Model\Module;
use Shopbridge\TikTokShop\Model\Pairing;

/**
 * The hub's API behind the store's admin (plugin contract, section 4). Paths are relative to /api/v1. A token that has
 * ended is renewed by one hello. For the admin's own pages only, never in a shopper's request.
 *
 * Nobody waits long for a hub that hangs: before something is changed, which may take its time, a short question shows
 * that it is there; and after one failure the next ones are not tried for a minute.
 */
class Client
{
    private const LEAST_S = 0.05;

    private bool $isHeard = false;

    public function __construct(
        private readonly Config $config,
        private readonly Session $session,
        private readonly Pairing $pairing,
        private readonly TransportInterface $transport,
        private readonly Notice $notice,
        private readonly Patience $patience,
        private readonly Breaker $breaker
    ) {
    }

    /**
     * @param array<string, scalar|null> $query
     * @return array<mixed>
     * @throws HubException in the merchant's words
     */
    public function get(string $path, array $query = []): array
    {
        $query = array_filter($query, static fn (mixed $value): bool => $value !== null);
        return $this->call('GET', $path . ($query === [] ? '' : '?' . http_build_query($query)), null);
    }

    /**
     * @param array<string, mixed> $body
     * @return array<mixed>
     * @throws HubException in the merchant's words
     */
    public function post(string $path, array $body = []): array
    {
        return $this->call('POST', $path, $body);
    }

    /**
     * @param array<string, mixed> $body
     * @return array<mixed>
     * @throws HubException in the merchant's words
     */
    public function put(string $path, array $body): array
    {
        return $this->call('PUT', $path, $body);
    }

    /**
     * @param array<string, mixed>|null $body
     * @return array<mixed>
     */
    private function call(string $method, string $path, ?array $body): array
    {
        $endpoint = $this->config->endpoint();
        if (!$this->config->isEnabled() || $endpoint === null) {
            throw new NotPaired(
                __('This shop is not connected to a hub yet. Connect it under Stores > Configuration > TikTok Shop Connector.')
            );
        }
        if ($this->patience->isWatched() && $this->breaker->isOpen()) {
            throw $this->silent();
        }
        $answer = $method === 'GET' || $this->isHeard || !$this->patience->isWatched()
            ? $this->ask($endpoint, $method, $path, $body)
            : $this->knockAndAsk($endpoint, $method, $path, $body);
        if ($answer->status >= 200 && $answer->status < 300) {
            return $answer->json();
        }
        throw $this->failure($answer);
    }

    /**
     * @param array<string, mixed>|null $body
     */
    private function knockAndAsk(Endpoint $endpoint, string $method, string $path, ?array $body): HttpAnswer
    {
        $knock = $this->ask($endpoint, 'GET', 'connection', null);
        return $knock->status === 0 || $knock->status === 401 ? $knock : $this->ask($endpoint, $method, $path, $body);
    }

    /**
     * @param array<string, mixed>|null $body
     */
    private function ask(Endpoint $endpoint, string $method, string $path, ?array $body): HttpAnswer
    {
        $hasSaidHello = $this->session->access($endpoint) === null;
        if ($hasSaidHello) {
            $this->hello();
        }
        $answer = $this->send($endpoint, $method, $path, $body);
        if ($answer->status === 401 && !$hasSaidHello) {
            $this->hello();
            $answer = $this->send($endpoint, $method, $path, $body);
        }
        return $answer;
    }

    private function hello(): void
    {
        try {
            $this->inTime(fn (float $within): array => $this->pairing->hello($within), isShort: true);
        } catch (Unreachable $error) {
            $this->breaker->open();
            throw $error;
        }
    }

    /**
     * Runs a call within the time that this request has for it. What changes something may take long once the hub was heard.
     *
     * @template T
     * @param callable(float): T $call gets seconds
     * @return T
     */
    private function inTime(callable $call, bool $isShort): mixed
    {
        $within = $isShort || !$this->isHeard ? $this->patience->seconds() : Patience::CALL_S;
        if ($within < self::LEAST_S) {
            throw $this->silent();
        }
        $from = microtime(true);
        try {
            return $call($within);
        } finally {
            if ($isShort) {
                $this->patience->hasWaited(microtime(true) - $from);
            }
        }
    }

    private function silent(): Unreachable
    {
        return new Unreachable(__('The hub does not answer. Try again in a few minutes.'));
    }

    /**
     * @param array<string, mixed>|null $body
     */
    private function send(Endpoint $endpoint, string $method, string $path, ?array $body): HttpAnswer
    {
        $access = $this->session->access($endpoint);
        if ($access === null) {
            throw new NotPaired(__('The hub gave no access. Save the Web Hook URL again.'));
        }
        $headers = [
            'authorization' => 'Bearer ' . $access['token'],
            'accept' => 'application/json',
            'user-agent' => 'Shopbridge magento/' . Module::VERSION,
        ];
        $text = '';
        if ($body !== null) {
            $headers['content-type'] = 'application/json';
            $text = json_encode(
                $body === [] ? new \stdClass() : $body,
                JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE
            );
        }
        $url = $access['url'] . '/' . ltrim($path, '/');
        $answer = $this->inTime(
            fn (float $within): HttpAnswer => $this->transport->send($method, $url, $headers, $text, $within),
            isShort: $body === null
        );
        if ($answer->status === 0) {
            $this->breaker->open();
        }
        $this->isHeard = $answer->status !== 0;
        return $answer;
    }

    private function failure(HttpAnswer $answer): HubException
    {
        if ($answer->status === 0) {
            return $this->silent();
        }
        $document = $answer->json();
        if ($answer->status === 401) {
            return new NotPaired(__('%1 %2', $this->notice->says(Notice::SECRET), $this->notice->fix(Notice::SECRET)));
        }
        if ($answer->status === 429 || $answer->status >= 500) {
            return new Unreachable(__('The hub is busy. Try again in a few minutes.'));
        }
        $says = trim((string) ($document['detail'] ?? '') ?: (string) ($document['title'] ?? ''));
        $problems = is_array($document['problems'] ?? null) ? array_values(array_filter($document['problems'], 'is_array')) : [];
        return new Refused(
            $says === '' ? __('The hub refused this (%1).', $answer->status) : __($says),
            $answer->status,
            (string) ($document['code'] ?? ''),
            $problems
        );
    }
}
