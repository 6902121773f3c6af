<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Config\Source;

use Magento\Framework\Data\OptionSourceInterface;
use Shopbridge\TikTokShop\Model\Attribute\StoreAttributes;

/**
 * The shop's product attributes, to choose one that holds a brand, a size or a code.
 */
class ProductAttributes implements OptionSourceInterface
{
    public function __construct(private readonly StoreAttributes $attributes)
    {
    }

    /**
     * @return list<array{value: string, label: string}>
     */
    public function toOptionArray(): array
    {
        $options = [['value' => '', 'label' => (string) __('— None —')]];
        foreach ($this->attributes->all() as $one) {
            $options[] = ['value' => $one['code'], 'label' => sprintf('%s (%s)', $one['label'], $one['code'])];
        }
        return $options;
    }
}
