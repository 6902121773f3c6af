<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Order;

use Magento\Backend\Block\Template;
use Magento\Backend\Block\Template\Context;
use Magento\Framework\Registry;
use Magento\Sales\Model\Order\Shipment;
use Shopbridge\TikTokShop\Model\Carrier\TikTokShopping;
use Shopbridge\TikTokShop\Model\Order\Fees;

/**
 * Beside the tracking numbers of a TikTok Shop order: with the carrier TikTok Shopping, its title is one of TikTok's providers.
 */
class Carriers extends Template
{
    /**
     * @param array<string, mixed> $data
     */
    public function __construct(
        Context $context,
        private readonly Registry $registry,
        private readonly Fees $fees,
        array $data = []
    ) {
        parent::__construct($context, $data);
    }

    /**
     * The script's options as JSON.
     */
    public function getOptions(): string
    {
        $row = (array) $this->row();
        return (string) json_encode([
            'carrier' => TikTokShopping::CODE,
            'url' => $this->getUrl('shopbridge/carriers/load', ['shop_id' => $row['shop_id']]),
            'choose' => (string) __('— Choose the carrier —'),
            'label' => (string) __('Carrier that TikTok Shop knows'),
        ]);
    }

    /**
     * Whether TikTok Shop ships this order itself.
     */
    public function isPlatformShipped(): bool
    {
        return ($this->row()['shipping_type'] ?? '') === 'platform';
    }

    protected function _toHtml(): string
    {
        return $this->row() === null ? '' : parent::_toHtml();
    }

    /**
     * @return array<string, mixed>|null
     */
    private function row(): ?array
    {
        $shipment = $this->registry->registry('current_shipment');
        return $shipment instanceof Shipment ? $this->fees->rowOf($shipment->getOrder()) : null;
    }
}
