<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

use Magento\Framework\Data\Form\Element\AbstractElement;

/**
 * Shows the installation's state; as it has no name, no form ever sends it.
 */
class AuthorizeState extends Panel
{
    protected function _getElementHtml(AbstractElement $element): string
    {
        return '<input type="text" readonly class="input-text admin__control-text" id="'
            . $this->escapeHtmlAttr($element->getHtmlId()) . '" value="'
            . $this->escapeHtmlAttr((string) $element->getValue()) . '"/>';
    }
}
