<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Health;

use Magento\Directory\Helper\Data as DirectoryData;
use Magento\Framework\App\Config\ScopeConfigInterface;
use Magento\Framework\App\ProductMetadataInterface;
use Magento\Framework\Module\ModuleListInterface;
use Magento\Framework\UrlInterface;
use Magento\Store\Api\Data\StoreInterface;
use Magento\Store\Model\ScopeInterface;
use Magento\Store\Model\Store;
use Magento\Store\Model\StoreManagerInterface;
use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Delivery\QueueInterface;
use Shopbridge\TikTokShop\Model\Module;
use Shopbridge\TikTokShop\Model\State;

/**
 * The facts of a Magento shop.
 */
class Facts implements FactsInterface
{
    public const CRON_SEEN = 'cron_seen';
    private const CAPABILITIES = ['orders', 'offers', 'digest', 'listings'];

    public function __construct(
        private readonly ProductMetadataInterface $productMetadata,
        private readonly StoreManagerInterface $storeManager,
        private readonly ScopeConfigInterface $scopeConfig,
        private readonly ModuleListInterface $moduleList,
        private readonly QueueInterface $queue,
        private readonly State $state,
        private readonly Clock $clock
    ) {
    }

    /**
     * @inheritDoc
     */
    public function facts(): array
    {
        $stores = [];
        foreach ($this->storeManager->getStores() as $store) {
            if ($store->getIsActive()) {
                $stores[] = [
                    'code' => (string) $store->getCode(),
                    'name' => (string) $store->getName(),
                    'currency' => $this->currency($store),
                    'locale' => (string) $this->ofStore(DirectoryData::XML_PATH_DEFAULT_LOCALE, $store),
                ];
            }
        }
        $cronSeen = (int) $this->state->get(self::CRON_SEEN);
        $default = $this->storeManager->getDefaultStoreView() ?? $this->storeManager->getStore(Store::DEFAULT_STORE_ID);
        $baseUrl = $default instanceof Store
            ? $default->getBaseUrl(UrlInterface::URL_TYPE_WEB)
            : (string) $this->ofStore(Store::XML_PATH_UNSECURE_BASE_URL, $default);
        return [
            'plugin_version' => Module::VERSION,
            'platform_version' => $this->productMetadata->getVersion(),
            'php' => PHP_VERSION,
            'base_url' => $baseUrl,
            'api_url' => $baseUrl . 'rest/all/V1/',
            'timezone' => (string) $this->scopeConfig->getValue('general/locale/timezone'),
            'currency' => $this->currency($default),
            'locales' => array_values(array_unique(array_column($stores, 'locale'))),
            'stores' => $stores,
            'modules' => $this->foreignModules(),
            'cron_seen_at' => $cronSeen === 0 ? null : $this->clock->rfc3339($cronSeen),
            'queue' => $this->queue->facts($this->clock->now()),
            'capabilities' => self::CAPABILITIES,
        ];
    }

    private function currency(StoreInterface $store): string
    {
        return (string) $this->ofStore('currency/options/default', $store);
    }

    private function ofStore(string $path, StoreInterface $store): mixed
    {
        return $this->scopeConfig->getValue($path, ScopeInterface::SCOPE_STORE, $store->getId());
    }

    /**
     * Modules that may change prices, stock or orders: those that are not Magento's own, and whether MSI is there.
     *
     * @return string[]
     */
    private function foreignModules(): array
    {
        $names = array_filter(
            $this->moduleList->getNames(),
            static fn (string $name): bool => !str_starts_with($name, 'Magento_') || $name === 'Magento_InventoryApi'
        );
        return array_slice(array_values($names), 0, 200);
    }
}
