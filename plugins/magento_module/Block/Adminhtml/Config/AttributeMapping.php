<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

use Magento\Backend\Block\Template\Context;
use Shopbridge\TikTokShop\Model\Attribute\Mapping;
use Shopbridge\TikTokShop\Model\Attribute\StoreAttributes;
use Shopbridge\TikTokShop\Model\Config;

/**
 * The attribute mapping: categories to choose, and below them what they ask for. Nothing is asked before the page stands.
 */
class AttributeMapping extends Connection
{
    protected $_template = 'Shopbridge_TikTokShop::config/attribute_mapping.phtml';

    /**
     * @param array<string, mixed> $data
     */
    public function __construct(
        Context $context,
        Config $config,
        private readonly StoreAttributes $attributes,
        array $data = []
    ) {
        parent::__construct($context, $config, $data);
    }

    /**
     * The script's options as JSON.
     */
    public function getOptions(): string
    {
        return (string) json_encode([
            'url' => $this->getUrl('shopbridge/attributes/load'),
            'most' => Mapping::MOST,
            'attributes' => array_values($this->attributes->all()),
        ]);
    }
}
