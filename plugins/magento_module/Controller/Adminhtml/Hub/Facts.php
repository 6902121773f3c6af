<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Hub;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpGetActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\TikTok\Facts as Reader;

/**
 * What the hub knows of this shop's connection, in the merchant's words.
 */
class Facts extends Answer implements HttpGetActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::config';

    public function __construct(
        Context $context,
        JsonFactory $jsonFactory,
        private readonly Client $client,
        private readonly Reader $reader
    ) {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        $connection = $this->client->get('connection');
        return $this->getRequest()->getParam('about') === 'authorization'
            ? $this->reader->authorization($connection)
            : $this->reader->connection($connection);
    }
}
