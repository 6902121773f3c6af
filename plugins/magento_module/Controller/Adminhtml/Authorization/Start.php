<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Authorization;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpPostActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\TikTok\Authorization;

/**
 * Get Access Token: the address of TikTok Shop's page where the seller agrees.
 */
class Start extends Answer implements HttpPostActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::config_tiktok';

    public function __construct(Context $context, JsonFactory $jsonFactory, private readonly Authorization $authorization)
    {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        return ['url' => $this->authorization->start()];
    }
}
