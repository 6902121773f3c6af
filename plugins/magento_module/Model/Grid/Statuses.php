<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Grid;

use Magento\Framework\Data\OptionSourceInterface;

/**
 * Where a product may stand on TikTok Shop, in the merchant's words.
 */
class Statuses implements OptionSourceInterface
{
    /**
     * @return list<array{value: string, label: string}>
     */
    public function toOptionArray(): array
    {
        $options = [];
        foreach (self::words() as $value => $label) {
            $options[] = ['value' => $value, 'label' => (string) $label];
        }
        return $options;
    }

    /**
     * One status in words; '–' for a product that was never pulled.
     */
    public static function word(string $status): string
    {
        return (string) (self::words()[$status] ?? ($status === '' ? '–' : $status));
    }

    /**
     * The mark of a status: ok, move, need or off.
     */
    public static function kind(string $status): string
    {
        return match ($status) {
            'live' => 'ok',
            'pushing', 'in_review' => 'move',
            'needs_attention' => 'need',
            default => 'off',
        };
    }

    /**
     * @return array<string, \Magento\Framework\Phrase>
     */
    private static function words(): array
    {
        return [
            'draft' => __('Not synced'),
            'ready' => __('Ready to push'),
            'pushing' => __('Sending'),
            'in_review' => __('In review'),
            'live' => __('Live'),
            'needs_attention' => __('Needs you'),
            'off' => __('Off'),
        ];
    }
}
