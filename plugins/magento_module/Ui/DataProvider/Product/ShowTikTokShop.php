<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Ui\DataProvider\Product;

use Magento\Ui\DataProvider\Modifier\ModifierInterface;
use Shopbridge\TikTokShop\Model\Grid\ProductRows;

/**
 * The product grid's columns about TikTok Shop: read for the page's products only.
 */
class ShowTikTokShop implements ModifierInterface
{
    public function __construct(private readonly ProductRows $rows)
    {
    }

    /**
     * @param array<string, mixed> $data
     * @return array<string, mixed>
     */
    public function modifyData(array $data): array
    {
        $items = (array) ($data['items'] ?? []);
        $rows = $this->rows->of(array_map('intval', array_column($items, 'entity_id')));
        foreach ($items as $place => $item) {
            $row = $rows[(int) ($item['entity_id'] ?? 0)] ?? ['tiktok_product_id' => '', 'status' => ''];
            $data['items'][$place][AddTikTokShopFilter::SYNCED] = $row['tiktok_product_id'] === '' ? '0' : '1';
            $data['items'][$place][AddTikTokShopFilter::TIKTOK_ID] = $row['tiktok_product_id'];
            $data['items'][$place][AddTikTokShopFilter::STATUS] = $row['status'];
        }
        return $data;
    }

    /**
     * @param array<string, mixed> $meta
     * @return array<string, mixed>
     */
    public function modifyMeta(array $meta): array
    {
        return $meta;
    }
}
