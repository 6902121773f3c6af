<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

use Magento\Backend\Block\Template\Context;
use Magento\Config\Block\System\Config\Form\Field;
use Magento\Framework\Data\Form\Element\AbstractElement;
use Shopbridge\TikTokShop\Model\Attribute\StoreAttributes;

/**
 * A choice of attribute with a warning where the variants of a configurable product could not hand its value on.
 */
class IdentifierAttribute extends Field
{
    /**
     * @param array<string, mixed> $data
     */
    public function __construct(Context $context, private readonly StoreAttributes $attributes, array $data = [])
    {
        parent::__construct($context, $data);
    }

    protected function _getElementHtml(AbstractElement $element): string
    {
        $chosen = $this->attributes->all()[(string) $element->getValue()] ?? null;
        $html = parent::_getElementHtml($element);
        if ($chosen !== null && !$chosen['inListing']) {
            $html .= '<div class="message message-warning">' . $this->escapeHtml(__(
                '“%1” is not used in product listings, so configurable products lose it. Set Stores › Attributes › Product › %1 › '
                . 'Storefront Properties › Used in Product Listing to Yes.',
                $chosen['label']
            )) . '</div>';
        }
        return $html;
    }
}
