<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Ui\Component\Form;

use Magento\Catalog\Api\CategoryRepositoryInterface;
use Magento\Framework\AuthorizationInterface;
use Magento\Framework\Exception\NoSuchEntityException;
use Magento\Framework\UrlInterface;
use Magento\Framework\View\Element\UiComponent\ContextInterface;
use Magento\Framework\View\Element\UiComponentFactory;
use Magento\Ui\Component\Form\Field;
use Shopbridge\TikTokShop\Model\Category\Choices;
use Shopbridge\TikTokShop\Model\Category\Sent;
use Shopbridge\TikTokShop\Model\Config;

/**
 * "Categories in TikTok Shop" on the category page: what was chosen, what comes from above, and where the tree is asked for.
 */
class CategoryField extends Field
{
    /**
     * @param array<mixed> $components
     * @param array<string, mixed> $data
     */
    public function __construct(
        ContextInterface $context,
        UiComponentFactory $uiComponentFactory,
        private readonly CategoryRepositoryInterface $categories,
        private readonly Choices $choices,
        private readonly Sent $sent,
        private readonly Config $config,
        private readonly UrlInterface $url,
        private readonly AuthorizationInterface $authorization,
        array $components = [],
        array $data = []
    ) {
        parent::__construct($context, $uiComponentFactory, $components, $data);
    }

    public function prepare(): void
    {
        parent::prepare();
        $this->setData('config', array_replace((array) $this->getData('config'), [
            'findUrl' => $this->url->getUrl('shopbridge/categories/find'),
            'isConnected' => $this->config->isEnabled() && $this->config->endpoint() !== null,
            'isAllowed' => $this->authorization->isAllowed('Shopbridge_TikTokShop::category'),
        ], $this->standing()));
    }

    /**
     * @return array{chosenPath: string, inherited: array{path: string, from: string}|null}
     */
    private function standing(): array
    {
        $id = (int) $this->context->getRequestParam('id');
        $parent = (int) $this->context->getRequestParam('parent');
        $storeId = (int) $this->context->getRequestParam('store', 0);
        try {
            $category = $id || $parent ? $this->categories->get($id ?: $parent, $storeId) : null;
        } catch (NoSuchEntityException) {
            $category = null;
        }
        if ($category === null) {
            return ['chosenPath' => '', 'inherited' => null];
        }
        $own = $id ? (string) $category->getData(Choices::ATTRIBUTE) : '';
        $from = $this->choices->inherited($id ? (string) $category->getPath() : $category->getPath() . '/0', $storeId);
        return [
            'chosenPath' => $own === '' ? '' : $this->sent->path($own),
            'inherited' => $from === null ? null : ['path' => $this->sent->path($from['category']), 'from' => $from['from']],
        ];
    }
}
