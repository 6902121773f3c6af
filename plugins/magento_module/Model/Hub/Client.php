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
 */
class Client
{
    public function __construct(
        private readonly Config $config,
        private readonly Session $session,
        private readonly Pairing $pairing,
        private readonly TransportInterface $transport,
        private readonly Notice $notice
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
        $hasSaidHello = $this->session->access($endpoint) === null;
        if ($hasSaidHello) {
            $this->pairing->hello();
        }
        $answer = $this->send($endpoint, $method, $path, $body);
        if ($answer->status === 401 && !$hasSaidHello) {
            $this->pairing->hello();
            $answer = $this->send($endpoint, $method, $path, $body);
        }
        if ($answer->status >= 200 && $answer->status < 300) {
            return $answer->json();
        }
        throw $this->failure($answer);
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
        if ($body === null) {
            return $this->transport->send($method, $access['url'] . '/' . ltrim($path, '/'), $headers);
        }
        $text = json_encode(
            $body === [] ? new \stdClass() : $body,
            JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE
        );
        $headers['content-type'] = 'application/json';
        return $this->transport->send($method, $access['url'] . '/' . ltrim($path, '/'), $headers, $text);
    }

    private function failure(HttpAnswer $answer): HubException
    {
        if ($answer->status === 0) {
            return new Unreachable(__('The hub does not answer. Try again in a few minutes.'));
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
