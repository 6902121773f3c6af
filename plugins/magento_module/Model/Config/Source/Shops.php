<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Config\Source;

use Magento\Framework\Data\OptionSourceInterface;
use Shopbridge\TikTokShop\Model\TikTok\Shops as Known;

/**
 * The seller's TikTok shops, as they were loaded last.
 */
class Shops implements OptionSourceInterface
{
    public function __construct(private readonly Known $shops)
    {
    }

    /**
     * @return list<array{value: string, label: string}>
     */
    public function toOptionArray(): array
    {
        $options = [['value' => '', 'label' => (string) __('— Load the list, then choose —')]];
        foreach ($this->shops->known() as $shop) {
            $options[] = ['value' => (string) $shop['id'], 'label' => self::label($shop)];
        }
        return $options;
    }

    /**
     * A shop as merchants know it: name, country, id.
     *
     * @param array<string, mixed> $shop
     */
    public static function label(array $shop): string
    {
        return sprintf('%s · %s · %s', $shop['name'] ?? '', $shop['region'] ?? '', $shop['id'] ?? '');
    }
}
