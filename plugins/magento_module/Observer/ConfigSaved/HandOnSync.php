<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\ConfigSaved;

use Magento\Framework\Event\Observer;
use Magento\Framework\Event\ObserverInterface;
use Magento\Framework\Message\ManagerInterface;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * Price & Inventory Sync was saved: the hub sends by itself what is switched on, and nothing else.
 */
class HandOnSync implements ObserverInterface
{
    public function __construct(
        private readonly Client $client,
        private readonly Settings $settings,
        private readonly ManagerInterface $messages
    ) {
    }

    public function execute(Observer $observer): void
    {
        try {
            $now = $this->client->put('settings/sync', [
                'shop_id' => $this->settings->shopId(),
                'price' => $this->settings->sendsPrices(),
                'stock' => $this->settings->sendsStock(),
            ]);
        } catch (HubException $error) {
            $this->messages->addErrorMessage(
                (string) __('Saved in Magento, but the hub did not take it over: %1 Save again once that is mended.', $error->getMessage())
            );
            return;
        }
        $this->messages->addSuccessMessage((string) match ([(bool) $now['price'], (bool) $now['stock']]) {
            [true, true] => __('Changed prices and stock go to TikTok Shop by themselves.'),
            [true, false] => __('Changed prices go to TikTok Shop by themselves; stock does not.'),
            [false, true] => __('Changed stock goes to TikTok Shop by itself; prices do not.'),
            default => __('Neither prices nor stock go to TikTok Shop by themselves. Use Push Price and Push Stock.'),
        });
    }
}
