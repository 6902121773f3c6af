<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

use Magento\Framework\Data\Form\Element\AbstractElement;

/**
 * The list of the seller's shops with the button that loads it.
 */
class ShopId extends Panel
{
    protected $_template = 'Shopbridge_TikTokShop::config/shop_id.phtml';

    public function getSelectHtml(): string
    {
        return $this->getElement()->getElementHtml();
    }

    public function getLoadUrl(): string
    {
        return $this->getUrl('shopbridge/shops/load');
    }
}
