<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\TikTok;

use Magento\Framework\Exception\LocalizedException;
use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\State;

/**
 * The seller's consent: asked for here, given on TikTok Shop, brought back to /tts/authorization/code, kept by the hub.
 *
 * Only the state that was handed out last is taken, once, for ten minutes: nobody can slip another seller's consent in.
 */
class Authorization
{
    public const WAITING = 'waiting';
    public const DONE = 'done';
    public const FAILED = 'failed';
    private const NAME = 'authorization';
    private const LASTS_S = 600;

    public function __construct(
        private readonly Client $client,
        private readonly State $state,
        private readonly Settings $settings,
        private readonly Clock $clock
    ) {
    }

    /**
     * Where to send the seller.
     *
     * @throws HubException
     */
    public function start(): string
    {
        $answer = $this->client->post('connection/authorization', ['state_prefix' => $this->settings->authorizeState()]);
        $this->keep([
            'state' => hash('sha256', (string) $answer['state']),
            'until' => $this->clock->now() + self::LASTS_S,
            'is' => self::WAITING,
            'says' => '',
        ]);
        return (string) $answer['consent_url'];
    }

    /**
     * Hands the seller's code on to the hub.
     *
     * @throws LocalizedException in words for the seller
     */
    public function finish(string $code, string $state): void
    {
        $kept = $this->kept();
        if (!$this->isOurs($kept, $state) || $code === '') {
            throw new LocalizedException(
                __('This authorization was not started here, or it is too old. Press Get Access Token in Magento again.')
            );
        }
        try {
            $this->client->post('connection/authorization/code', ['code' => $code, 'state' => $state]);
        } catch (HubException $error) {
            $this->keep(['is' => self::FAILED, 'says' => $error->getMessage()] + $kept);
            throw $error;
        }
        $this->keep(['is' => self::DONE, 'state' => ''] + $kept);
    }

    /**
     * The seller came back without agreeing.
     *
     * @throws LocalizedException always, in words for the seller
     */
    public function refused(string $state): never
    {
        $says = __('You did not agree on TikTok Shop, so nothing was changed. Press Get Access Token in Magento to try again.');
        $kept = $this->kept();
        if ($this->isOurs($kept, $state)) {
            $this->keep(['is' => self::FAILED, 'says' => (string) $says] + $kept);
        }
        throw new LocalizedException($says);
    }

    /**
     * How the consent that was asked for last stands.
     *
     * @return array{is: string, says: string}
     */
    public function standing(): array
    {
        $kept = $this->kept();
        $is = (string) ($kept['is'] ?? '');
        if ($is === self::WAITING && $this->isOver($kept)) {
            return ['is' => self::FAILED, 'says' => (string) __('TikTok Shop did not send you back within ten minutes. Press Get Access Token again.')];
        }
        return ['is' => $is, 'says' => (string) ($kept['says'] ?? '')];
    }

    /**
     * @param array<string, mixed> $kept
     */
    private function isOurs(array $kept, string $state): bool
    {
        $own = $this->settings->authorizeState();
        return $own !== ''
            && str_starts_with($state, $own . '.')
            && ($kept['is'] ?? '') === self::WAITING
            && !$this->isOver($kept)
            && hash_equals((string) ($kept['state'] ?? ''), hash('sha256', $state));
    }

    /**
     * @param array<string, mixed> $kept
     */
    private function isOver(array $kept): bool
    {
        return $this->clock->now() > (int) ($kept['until'] ?? 0);
    }

    /**
     * @return array<string, mixed>
     */
    private function kept(): array
    {
        $text = $this->state->get(self::NAME);
        return $text === null ? [] : (array) json_decode($text, true);
    }

    /**
     * @param array<string, mixed> $row
     */
    private function keep(array $row): void
    {
        $this->state->set(self::NAME, json_encode($row, JSON_THROW_ON_ERROR));
    }
}
