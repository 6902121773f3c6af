<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\ConfigSaved;

use Magento\Framework\App\Config\ScopeConfigInterface;
use Magento\Framework\Event\Observer;
use Magento\Framework\Event\ObserverInterface;
use Magento\Framework\Message\ManagerInterface;
use Shopbridge\TikTokShop\Model\Attribute\Mapping;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * The page Products was saved: the hub learns which attributes answer what.
 */
class HandOnProducts implements ObserverInterface
{
    private const MAPPING = 'shopbridge/products/mapping';
    private const IN_HUB = [
        'brand' => 'brand',
        'package_length' => 'length',
        'package_width' => 'width',
        'package_height' => 'height',
        'identifier' => 'identifier',
    ];

    public function __construct(
        private readonly Client $client,
        private readonly Mapping $mapping,
        private readonly Settings $settings,
        private readonly ScopeConfigInterface $scopeConfig,
        private readonly ManagerInterface $messages
    ) {
    }

    public function execute(Observer $observer): void
    {
        $attributes = [];
        foreach (self::IN_HUB as $field => $name) {
            $attributes[$name] = $this->settings->attributeFor($field);
        }
        try {
            $this->client->put('attribute-mappings', [
                'shop_id' => $this->settings->shopId(),
                'store_attributes' => $attributes,
                'identifier_type' => $this->settings->attributeFor('identifier_type'),
            ]);
            $count = $this->saveMapping();
        } catch (HubException $error) {
            $this->messages->addErrorMessage(
                (string) __('Saved in Magento, but the hub did not take it over: %1 Save again once that is mended.', $error->getMessage())
            );
            return;
        }
        $this->messages->addSuccessMessage((string) ($count > 0
            ? __('The hub has the attributes of %1 categories. They count from the next push on.', $count)
            : __('The hub has these attributes. They count from the next push on.')));
    }

    /**
     * @throws HubException
     */
    private function saveMapping(): int
    {
        $given = json_decode((string) $this->scopeConfig->getValue(self::MAPPING), true);
        if (!is_array($given) || !is_array($given['categories'] ?? null) || !is_array($given['attributes'] ?? null)) {
            return 0;
        }
        return $this->mapping->save(array_values(array_map('strval', $given['categories'])), $given['attributes']);
    }
}
