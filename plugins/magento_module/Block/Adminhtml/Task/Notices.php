<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Task;

use Magento\Backend\Block\Template;
use Magento\Backend\Block\Template\Context;
use Magento\Framework\AuthorizationInterface;
use Shopbridge\TikTokShop\Model\Config;

/**
 * The place of the notices above the product list.
 */
class Notices extends Template
{
    /**
     * @param array<string, mixed> $data
     */
    public function __construct(
        Context $context,
        private readonly AuthorizationInterface $authorization,
        private readonly Config $config,
        array $data = []
    ) {
        parent::__construct($context, $data);
    }

    /**
     * The script's options as JSON.
     */
    public function getOptions(): string
    {
        return (string) json_encode([
            'url' => $this->getUrl('shopbridge/task/notices'),
            'details' => (string) __('View Details'),
            'dismiss' => (string) __('Put away'),
        ]);
    }

    protected function _toHtml(): string
    {
        $isShown = $this->config->isEnabled() && $this->authorization->isAllowed('Shopbridge_TikTokShop::push');
        return $isShown ? parent::_toHtml() : '';
    }
}
