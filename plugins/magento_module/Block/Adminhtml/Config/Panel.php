<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

use Magento\Config\Block\System\Config\Form\Field;
use Magento\Framework\Data\Form\Element\AbstractElement;

/**
 * A row of a configuration page that shows something instead of taking a value: its template is the value's place.
 */
abstract class Panel extends Field
{
    /**
     * A row without scope label and without a "use default" box.
     */
    public function render(AbstractElement $element): string
    {
        $element->unsScope()->unsCanUseWebsiteValue()->unsCanUseDefaultValue()->unsCanRestoreToDefault();
        return parent::render($element);
    }

    protected function _getElementHtml(AbstractElement $element): string
    {
        $this->setData('element', $element);
        return $this->_toHtml();
    }

    /**
     * The form field behind this row.
     */
    public function getElement(): AbstractElement
    {
        return $this->getData('element');
    }
}
