<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Categories;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpGetActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\Category\Sent;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * TikTok Shop's categories: those below one, or lowest-level ones by words.
 */
class Find extends Answer implements HttpGetActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::category';
    private const LONGEST = 100;

    public function __construct(
        Context $context,
        JsonFactory $jsonFactory,
        private readonly Client $client,
        private readonly Settings $settings,
        private readonly Sent $sent
    ) {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        $words = mb_substr(trim((string) $this->getRequest()->getParam('q', '')), 0, self::LONGEST);
        $asked = $words === '' ? ['parent' => (string) $this->getRequest()->getParam('parent', '0')] : ['q' => $words];
        $found = (array) ($this->client->get('categories', $asked + ['shop_id' => $this->settings->shopId()])['categories'] ?? []);
        $this->sent->name(array_column(array_filter($found, static fn (array $one): bool => (bool) $one['is_leaf']), 'path', 'id'));
        return ['categories' => array_values(array_map(static fn (array $one): array => [
            'id' => (string) $one['id'],
            'name' => (string) $one['name'],
            'path' => (string) $one['path'],
            'isLeaf' => (bool) $one['is_leaf'],
            'canBeChosen' => (bool) $one['selectable'],
        ], $found))];
    }
}
