<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Shops;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpPostActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\Config\Source\Shops as Source;
use Shopbridge\TikTokShop\Model\TikTok\Shops;

/**
 * Load Shop Id List.
 */
class Load extends Answer implements HttpPostActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::config_tiktok';

    public function __construct(Context $context, JsonFactory $jsonFactory, private readonly Shops $shops)
    {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        $shops = $this->shops->load();
        $chosen = array_values(array_filter($shops, static fn (array $shop): bool => (bool) ($shop['chosen'] ?? false)));
        return [
            'shops' => array_map(static fn (array $shop): array => ['value' => $shop['id'], 'label' => Source::label($shop)], $shops),
            'chosen' => $chosen[0]['id'] ?? '',
            'says' => (string) match (count($shops)) {
                0 => __('No shop yet. Press Get Access Token first.'),
                1 => __('One shop found. Save to use it.'),
                default => __('%1 shops found. Choose one and save.', count($shops)),
            },
        ];
    }
}
