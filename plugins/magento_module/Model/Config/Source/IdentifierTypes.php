<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Config\Source;

use Magento\Framework\Data\OptionSourceInterface;

/**
 * Which kind of code the shop's products have.
 */
class IdentifierTypes implements OptionSourceInterface
{
    /**
     * @return list<array{value: string, label: string}>
     */
    public function toOptionArray(): array
    {
        $options = [['value' => '', 'label' => (string) __('Told by the digits of each code')]];
        foreach (['GTIN', 'EAN', 'UPC', 'ISBN'] as $type) {
            $options[] = ['value' => $type, 'label' => $type];
        }
        return $options;
    }
}
