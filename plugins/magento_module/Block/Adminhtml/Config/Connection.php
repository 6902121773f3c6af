<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

use Magento\Backend\Block\Template\Context;
use Shopbridge\TikTokShop\Model\Config;

/**
 * How this shop and its hub stand to each other; the hub is asked by the browser, so that the page never waits for it.
 */
class Connection extends Panel
{
    protected $_template = 'Shopbridge_TikTokShop::config/connection.phtml';

    /**
     * @param array<string, mixed> $data
     */
    public function __construct(Context $context, private readonly Config $config, array $data = [])
    {
        parent::__construct($context, $data);
    }

    public function isEnabled(): bool
    {
        return $this->config->isEnabled();
    }

    /**
     * Whether there is a hub to ask.
     */
    public function hasHub(): bool
    {
        return $this->config->endpoint() !== null;
    }

    /**
     * Where the browser asks for what the hub says.
     */
    public function getFactsUrl(): string
    {
        return $this->getUrl('shopbridge/hub/facts', ['about' => 'connection']);
    }
}
