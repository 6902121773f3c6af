<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\TikTok;

use Magento\Framework\Stdlib\DateTime\TimezoneInterface;

/**
 * The hub's connection as rows to read: a sentence of how it stands, facts, and what needs the merchant.
 */
class Facts
{
    public function __construct(private readonly TimezoneInterface $timezone)
    {
    }

    /**
     * For Saas Configuration.
     *
     * @param array<string, mixed> $connection as `GET connection` answers
     * @return array{state: array{kind: string, says: string}, rows: list<array{label: string, value: string}>, problems: list<string>}
     */
    public function connection(array $connection): array
    {
        $says = match ((string) ($connection['state'] ?? '')) {
            'connected' => [__('Connected'), 'ok'],
            'paused' => [__('Paused: %1', $connection['paused_because'] ?: __('resume it in the hub')), 'need'],
            default => [__('The hub answers. TikTok Shop is still to be set up: go to TikTok Shop Configuration.'), 'move'],
        };
        $rows = [
            $this->row(__('Name in the hub'), (string) ($connection['name'] ?? '')),
            $this->row(__('Mode'), (string) (($connection['mode'] ?? '') === 'practice' ? __('Practice: nothing reaches real buyers') : __('Live'))),
            $this->row(__('Last message taken'), $this->moment($connection['last_event_at'] ?? null)),
        ];
        foreach ((array) ($connection['shops'] ?? []) as $shop) {
            $rows[] = $this->row(__('Sells in'), sprintf('%s · %s · %s', $shop['name'], $shop['region'], $shop['id']));
        }
        return ['state' => ['kind' => $says[1], 'says' => (string) $says[0]], 'rows' => $rows, 'problems' => $this->problems($connection)];
    }

    /**
     * For the section Dynamic.
     *
     * @param array<string, mixed> $connection as `GET connection` answers
     * @return array{state: array{kind: string, says: string}, rows: list<array{label: string, value: string}>, problems: list<string>}
     */
    public function authorization(array $connection): array
    {
        $says = match ((string) ($connection['authorization'] ?? '')) {
            'active' => [__('Authorized'), 'ok'],
            'lost' => [__('TikTok Shop no longer lets the hub in. Press Get Access Token and agree again.'), 'stop'],
            default => [__('Not authorized yet. Press Get Access Token.'), 'off'],
        };
        $rows = [];
        foreach ((array) ($connection['consents'] ?? []) as $consent) {
            $rows[] = $this->row(__('Seller'), trim($consent['seller'] . ' · ' . $consent['region'], ' ·'));
            $rows[] = $this->row(__('Access Token'), (string) __('Kept by your hub, renewed by itself. This one is good until %1', $this->moment($consent['token_until'])));
            $rows[] = $this->row(__('Authorize again by'), $this->moment($consent['ends_at']));
        }
        if ($connection['tiktok_app'] ?? null) {
            $rows[] = $this->row(
                __('TikTok app'),
                $connection['tiktok_app']['app_key'] . ' · ' . ($connection['tiktok_app']['own'] ? __('your own') : __('of the hub'))
            );
        }
        return ['state' => ['kind' => $says[1], 'says' => (string) $says[0]], 'rows' => $rows, 'problems' => []];
    }

    /**
     * @return array{label: string, value: string}
     */
    private function row(\Magento\Framework\Phrase $label, string $value): array
    {
        return ['label' => (string) $label, 'value' => $value === '' ? '–' : $value];
    }

    /**
     * @param array<string, mixed> $connection
     * @return list<string>
     */
    private function problems(array $connection): array
    {
        return array_values(array_map(
            static fn (array $problem): string => trim(rtrim((string) ($problem['says'] ?? ''), '. ') . '. ' . ($problem['fix'] ?? '')),
            (array) ($connection['problems'] ?? [])
        ));
    }

    private function moment(?string $utc): string
    {
        return $utc ? $this->timezone->formatDateTime(new \DateTime($utc), \IntlDateFormatter::MEDIUM, \IntlDateFormatter::SHORT) : '';
    }
}
