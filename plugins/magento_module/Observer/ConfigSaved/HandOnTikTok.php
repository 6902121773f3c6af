<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\ConfigSaved;

use Magento\Framework\Event\Observer;
use Magento\Framework\Event\ObserverInterface;
use Magento\Framework\Message\ManagerInterface;
use Shopbridge\TikTokShop\Model\Category\Sync;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\State;
use Shopbridge\TikTokShop\Model\TikTok\AppLink;
use Shopbridge\TikTokShop\Model\TikTok\Settings;
use Shopbridge\TikTokShop\Model\TikTok\Shops;

/**
 * TikTok Shop Configuration was saved: the hub gets the app's keys and the chosen shop, where it does not have them yet.
 *
 * What the hub took last is remembered as a fingerprint, so that a save that failed is made good by the next one.
 */
class HandOnTikTok implements ObserverInterface
{
    private const APP_SENT = 'tiktok_app_sent';
    private const SHOP_SENT = 'tiktok_shop_sent';

    public function __construct(
        private readonly Client $client,
        private readonly Config $config,
        private readonly State $state,
        private readonly Settings $settings,
        private readonly Shops $shops,
        private readonly AppLink $appLink,
        private readonly Sync $categories,
        private readonly ManagerInterface $messages
    ) {
    }

    public function execute(Observer $observer): void
    {
        try {
            $this->handOnApp();
            $this->handOnShop();
        } catch (HubException $error) {
            $this->messages->addErrorMessage(
                (string) __('Saved in Magento, but the hub did not take it over: %1 Save again once that is mended.', $error->getMessage())
            );
        }
    }

    /**
     * @throws HubException
     */
    private function handOnApp(): void
    {
        if ($this->settings->appKey() === '' && $this->settings->appSecret() === '') {
            return;
        }
        if ($this->settings->appKey() === '' || $this->settings->appSecret() === '') {
            $this->messages->addWarningMessage(
                (string) __('An app of your own needs both, App Key and App Secret. Until then the hub uses its own TikTok app.')
            );
            return;
        }
        $sent = $this->fingerprint([
            $this->settings->appKey(), $this->settings->appSecret(), $this->settings->apiUrl(), $this->settings->authorizeApiUrl(),
        ]);
        if ($this->state->get(self::APP_SENT) === $sent) {
            return;
        }
        $link = $this->appLink->read($this->settings->authorizeApiUrl());
        $this->client->put('connection/tiktok-app', [
            'app_key' => $this->settings->appKey(),
            'app_secret' => $this->settings->appSecret(),
            'service_id' => $link['service_id'],
            'hosts' => ['api' => $this->settings->apiUrl(), 'token' => '', 'consent' => $link['host']],
        ]);
        $this->state->set(self::APP_SENT, $sent);
        $this->messages->addSuccessMessage((string) __('The hub knows your TikTok app now. Next step: Dynamic › Get Access Token.'));
    }

    /**
     * @throws HubException
     */
    private function handOnShop(): void
    {
        $sent = $this->fingerprint([$this->settings->shopId(), $this->settings->store()]);
        if ($this->settings->shopId() === '' || $this->state->get(self::SHOP_SENT) === $sent) {
            return;
        }
        $shop = $this->shops->choose($this->settings->shopId(), $this->settings->store());
        $this->state->set(self::SHOP_SENT, $sent);
        $this->messages->addSuccessMessage(
            (string) __('Products are sold in the TikTok shop “%1” from now on. Next step: choose categories.', $shop['name'] ?? $shop['id'] ?? '')
        );
        // Another shop knows nothing of the categories yet.
        $this->categories->run();
    }

    /**
     * @param list<string> $values
     */
    private function fingerprint(array $values): string
    {
        $endpoint = $this->config->endpoint();
        return hash('sha256', implode("\n", [$endpoint === null ? '' : $endpoint->fingerprint(), ...$values]));
    }
}
