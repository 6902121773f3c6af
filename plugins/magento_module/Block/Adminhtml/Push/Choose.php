<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Push;

use Magento\Backend\Block\Template;
use Magento\Backend\Block\Template\Context;
use Shopbridge\TikTokShop\Model\Config\Source\Shops as Source;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Push\Places;
use Shopbridge\TikTokShop\Model\Push\Sender;
use Shopbridge\TikTokShop\Model\Push\Tasks;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * Where to push: the TikTok shops that this Magento sells in, and their warehouses.
 */
class Choose extends Template
{
    /** @var list<array<string, mixed>>|null */
    private ?array $shops = null;
    private string $problem = '';

    /**
     * @param array<string, mixed> $data
     */
    public function __construct(
        Context $context,
        private readonly Places $places,
        private readonly Settings $settings,
        array $data = []
    ) {
        parent::__construct($context, $data);
    }

    public function getKind(): string
    {
        return (string) $this->getData('kind');
    }

    public function getActionTitle(): string
    {
        return (string) Tasks::title($this->getKind());
    }

    /**
     * Prices have no place: only products and stock ask for a warehouse.
     */
    public function asksWarehouse(): bool
    {
        return $this->getKind() !== Sender::PRICES;
    }

    /**
     * The shops to choose from, each with its warehouses for sales.
     *
     * @return list<array{id: string, label: string, store: string, chosen: bool, warehouses: list<array{id: string, label: string, chosen: bool}>}>
     */
    public function getShops(): array
    {
        if ($this->shops === null) {
            $this->shops = [];
            try {
                $this->shops = array_map([$this, 'shop'], $this->places->all());
            } catch (HubException $error) {
                $this->problem = $error->getMessage();
            }
        }
        return $this->shops;
    }

    /**
     * Why there is nothing to choose, and what to do; '' where there is.
     */
    public function getProblem(): string
    {
        if ($this->getShops() !== []) {
            return '';
        }
        return $this->problem ?: (string) __('No TikTok shop is chosen yet. Choose one under Stores › Configuration › TikTok Shop Connector.');
    }

    public function getProceedUrl(): string
    {
        return $this->getUrl('shopbridge/push/proceed');
    }

    public function getBackUrl(): string
    {
        return $this->getUrl('catalog/product/index');
    }

    /**
     * @param array<string, mixed> $shop
     * @return array{id: string, label: string, store: string, chosen: bool, warehouses: list<array{id: string, label: string, chosen: bool}>}
     */
    private function shop(array $shop): array
    {
        return [
            'id' => (string) $shop['id'],
            'label' => Source::label($shop),
            'store' => (string) $shop['store'],
            'chosen' => $shop['id'] === $this->settings->shopId(),
            'warehouses' => array_values(array_map(static fn (array $one): array => [
                'id' => (string) $one['id'],
                'label' => $one['is_default'] ? (string) __('%1 (default)', $one['name']) : (string) $one['name'],
                'chosen' => (bool) $one['chosen'],
            ], (array) $shop['warehouses'])),
        ];
    }
}
