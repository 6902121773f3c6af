<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

/**
 * The seller's consent: what the hub keeps of it, and the button that asks for it.
 */
class Authorization extends Connection
{
    protected $_template = 'Shopbridge_TikTokShop::config/authorization.phtml';

    public function getFactsUrl(): string
    {
        return $this->getUrl('shopbridge/hub/facts', ['about' => 'authorization']);
    }

    public function getStartUrl(): string
    {
        return $this->getUrl('shopbridge/authorization/start');
    }

    public function getStandingUrl(): string
    {
        return $this->getUrl('shopbridge/authorization/standing');
    }
}
