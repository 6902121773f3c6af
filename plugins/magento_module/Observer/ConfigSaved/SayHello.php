<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\ConfigSaved;

use Magento\Framework\Event\Observer;
use Magento\Framework\Event\ObserverInterface;
use Magento\Framework\Message\ManagerInterface;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Hub\Patience;
use Shopbridge\TikTokShop\Model\Pairing;

/**
 * Saas Configuration was saved: says hello to the hub and shows its answer. The settings are kept whatever it says.
 */
class SayHello implements ObserverInterface
{
    public function __construct(
        private readonly Config $config,
        private readonly Pairing $pairing,
        private readonly Patience $patience,
        private readonly ManagerInterface $messages
    ) {
    }

    public function execute(Observer $observer): void
    {
        if (!$this->config->isEnabled()) {
            $this->messages->addNoticeMessage((string) __('The connector is off: nothing is sent to the hub.'));
            return;
        }
        if ($this->config->endpoint() === null) {
            $this->messages->addNoticeMessage(
                (string) __('Paste the Web Hook URL of your hub, or enter App Key and App Secret, and save again.')
            );
            return;
        }
        try {
            $answer = $this->pairing->hello($this->patience->seconds());
        } catch (HubException $error) {
            $this->messages->addErrorMessage(
                (string) __('Saved, but the hub is not connected yet. %1', $error->getMessage())
            );
            return;
        }
        $this->messages->addSuccessMessage(
            (string) __('The hub answered: this shop is connected as “%1”.', $answer['connection']['name'] ?? '')
        );
        $skew = abs((int) ($answer['skew_s'] ?? 0));
        if ($skew > 60) {
            $this->messages->addWarningMessage(
                (string) __('The clocks of this server and of the hub differ by %1 seconds. Messages stop at 300: set the clock.', $skew)
            );
        }
        if (($answer['shops'] ?? []) === []) {
            $this->messages->addNoticeMessage(
                (string) __('Next step: TikTok Shop Configuration › Dynamic › Get Access Token.')
            );
        }
    }
}
