<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Ui\Component\Listing;

use Magento\Framework\View\Element\UiComponent\ContextInterface;
use Magento\Framework\View\Element\UiComponentFactory;
use Magento\Ui\Component\Listing\Columns\Column;
use Shopbridge\TikTokShop\Model\Grid\OrderRows;

/**
 * The order grid's columns "TTS order" and "TikTok Shop Order Id".
 */
class TtsOrder extends Column
{
    public const IS = 'shopbridge_order';
    public const KEY = 'shopbridge_order_key';

    /**
     * @param array<mixed> $components
     * @param array<string, mixed> $data
     */
    public function __construct(
        ContextInterface $context,
        UiComponentFactory $uiComponentFactory,
        private readonly OrderRows $rows,
        array $components = [],
        array $data = []
    ) {
        parent::__construct($context, $uiComponentFactory, $components, $data);
    }

    /**
     * @param array<string, mixed> $dataSource
     * @return array<string, mixed>
     */
    public function prepareDataSource(array $dataSource): array
    {
        $items = (array) ($dataSource['data']['items'] ?? []);
        $keys = $this->rows->of(array_map('intval', array_column($items, 'entity_id')));
        foreach ($items as $place => $item) {
            $key = (string) ($keys[(int) ($item['entity_id'] ?? 0)] ?? '');
            $dataSource['data']['items'][$place][$this->getName()] = $this->getName() === self::IS ? ($key === '' ? '0' : '1') : $key;
        }
        return $dataSource;
    }
}
