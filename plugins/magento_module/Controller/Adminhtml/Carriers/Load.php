<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Carriers;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpGetActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\TikTok\Providers;

/**
 * The carriers that TikTok Shop knows in the region of a shop, for New Shipment.
 */
class Load extends Answer implements HttpGetActionInterface
{
    public const ADMIN_RESOURCE = 'Magento_Sales::ship';

    public function __construct(Context $context, JsonFactory $jsonFactory, private readonly Providers $providers)
    {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        return ['names' => $this->providers->names((string) $this->getRequest()->getParam('shop_id'))];
    }
}
