<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

use Magento\Backend\Block\Template\Context;
use Magento\Framework\Data\Form\Element\AbstractElement;
use Magento\Framework\UrlInterface;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * The address to enter as Redirect call back URL of a TikTok app.
 */
class RedirectUrl extends Panel
{
    /**
     * @param array<string, mixed> $data
     */
    public function __construct(Context $context, array $data = [])
    {
        parent::__construct($context, $data);
    }

    protected function _getElementHtml(AbstractElement $element): string
    {
        $base = $this->_storeManager->getDefaultStoreView()?->getBaseUrl(UrlInterface::URL_TYPE_LINK) ?? '';
        return '<code id="' . $this->escapeHtmlAttr($element->getHtmlId()) . '" class="shopbridge-copy">'
            . $this->escapeHtml($base . Settings::CALLBACK_PATH) . '</code>';
    }
}
