<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Category;

use Magento\Catalog\Model\ResourceModel\Category\CollectionFactory;
use Magento\Framework\Exception\NoSuchEntityException;
use Magento\Store\Model\StoreManagerInterface;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * The TikTok categories that the merchant chose for categories of a store view, his own and those passed down.
 */
class Choices
{
    public const ATTRIBUTE = 'shopbridge_category';

    public function __construct(
        private readonly CollectionFactory $collectionFactory,
        private readonly StoreManagerInterface $storeManager,
        private readonly Settings $settings,
        private readonly Inheritance $inheritance
    ) {
    }

    /**
     * Of all categories, at the store view that TikTok Shop sells from.
     *
     * @return array<int, string> TikTok category by category id
     */
    public function all(): array
    {
        return array_map(
            static fn (array $one): string => $one['category'],
            $this->inheritance->effective($this->rows($this->sellingStore(), null))
        );
    }

    /**
     * What a category takes from above at a store view, its own choice left aside.
     *
     * @return array{category: string, from: string}|null `from` is the name of the category above
     */
    public function inherited(string $path, int $storeId): ?array
    {
        $above = array_map('intval', explode('/', $path));
        $own = (int) array_pop($above);
        if ($above === []) {
            return null;
        }
        $rows = $this->rows($storeId, $above);
        $names = array_column($rows, 'name', 'id');
        $found = $this->inheritance->effective($rows + [$own => ['path' => $path, 'value' => '']])[$own] ?? null;
        return $found === null ? null : ['category' => $found['category'], 'from' => (string) ($names[$found['from']] ?? '')];
    }

    /**
     * @param list<int>|null $ids all of them where null
     * @return array<int, array{id: int, path: string, value: string, name: string}>
     */
    private function rows(int $storeId, ?array $ids): array
    {
        $collection = $this->collectionFactory->create();
        $collection->setStoreId($storeId)->addAttributeToSelect([self::ATTRIBUTE, 'name']);
        if ($ids !== null) {
            $collection->addIdFilter($ids);
        }
        $rows = [];
        foreach ($collection as $category) {
            $id = (int) $category->getId();
            $rows[$id] = [
                'id' => $id,
                'path' => (string) $category->getPath(),
                'value' => trim((string) $category->getData(self::ATTRIBUTE)),
                'name' => (string) $category->getName(),
            ];
        }
        return $rows;
    }

    private function sellingStore(): int
    {
        try {
            $code = $this->settings->store();
            return (int) ($code === '' ? $this->storeManager->getDefaultStoreView() : $this->storeManager->getStore($code))?->getId();
        } catch (NoSuchEntityException) {
            return (int) $this->storeManager->getDefaultStoreView()?->getId();
        }
    }
}
