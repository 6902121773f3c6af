<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Orders;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpGetActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\Grid\OrderStatus;
use Shopbridge\TikTokShop\Model\Hub\Client;

/**
 * Where one order stands on TikTok Shop now.
 */
class Status extends Answer implements HttpGetActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::orders';

    public function __construct(
        Context $context,
        JsonFactory $jsonFactory,
        private readonly Client $client,
        private readonly OrderStatus $status
    ) {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        $order = $this->client->get('orders/' . rawurlencode((string) $this->getRequest()->getParam('key')));
        return [
            'status' => $this->status->word((string) $order['tiktok_state']),
            'problems' => array_values(array_map(
                static fn (array $one): string => trim($one['says'] . ' ' . $one['fix']),
                (array) $order['problems']
            )),
        ];
    }
}
