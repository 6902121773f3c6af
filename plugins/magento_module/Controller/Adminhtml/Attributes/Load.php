<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Attributes;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpGetActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\Attribute\Mapping;

/**
 * For the attribute mapping: the TikTok categories in use, or what some of them ask for.
 */
class Load extends Answer implements HttpGetActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::config_products';

    public function __construct(Context $context, JsonFactory $jsonFactory, private readonly Mapping $mapping)
    {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        $asked = $this->getRequest()->getParam('categories');
        if (!is_array($asked)) {
            return ['categories' => array_values($this->mapping->categories())];
        }
        return ['attributes' => $this->mapping->attributes(array_values(array_map('strval', $asked)))];
    }
}
