<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Magento\Framework\Encryption\EncryptorInterface;
use Shopbridge\TikTokShop\Model\State;

/**
 * What the hub's answer to hello gave: where its API is and the token for it, encrypted. It belongs to one pairing.
 */
class Session
{
    private const NAME = 'session';

    public function __construct(
        private readonly State $state,
        private readonly EncryptorInterface $encryptor
    ) {
    }

    /**
     * @param array<string, mixed> $answer the body of the hub's answer to hello
     */
    public function keep(Endpoint $endpoint, array $answer): void
    {
        $token = $this->encryptor->encrypt((string) ($answer['api_token'] ?? ''));
        unset($answer['api_token']);
        $this->state->set(self::NAME, json_encode(
            ['pairing' => $endpoint->fingerprint(), 'token' => $token, 'answer' => $answer],
            JSON_THROW_ON_ERROR
        ));
    }

    public function forget(): void
    {
        $this->state->forget(self::NAME);
    }

    /**
     * Where the API is and its token; null before the first answer to hello of this pairing.
     *
     * @return array{url: string, token: string}|null
     */
    public function access(Endpoint $endpoint): ?array
    {
        $kept = $this->kept($endpoint);
        $url = (string) ($kept['answer']['api_url'] ?? '');
        $token = $kept === null ? '' : $this->encryptor->decrypt((string) $kept['token']);
        return $url === '' || $token === '' ? null : ['url' => rtrim($url, '/'), 'token' => $token];
    }

    /**
     * What else hello was answered: connection, shops, expires_at, skew_s. Empty before the first answer.
     *
     * @return array<string, mixed>
     */
    public function facts(Endpoint $endpoint): array
    {
        return $this->kept($endpoint)['answer'] ?? [];
    }

    /**
     * @return array{pairing: string, token: string, answer: array<string, mixed>}|null
     */
    private function kept(Endpoint $endpoint): ?array
    {
        $kept = json_decode((string) $this->state->get(self::NAME), true);
        return is_array($kept) && ($kept['pairing'] ?? '') === $endpoint->fingerprint() ? $kept : null;
    }
}
