<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\CategorySaved;

use Magento\Framework\Event\Observer;
use Magento\Framework\Event\ObserverInterface;
use Magento\Framework\Message\ManagerInterface;
use Shopbridge\TikTokShop\Model\Category\Choices;
use Shopbridge\TikTokShop\Model\Category\Sync;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Hub\HubException;

/**
 * A category was saved in the admin: its TikTok category, and those of the categories below, go to the hub at once.
 * Where that fails, cron makes it good.
 */
class SendMappings implements ObserverInterface
{
    public function __construct(
        private readonly Config $config,
        private readonly Sync $sync,
        private readonly ManagerInterface $messages
    ) {
    }

    public function execute(Observer $observer): void
    {
        $category = $observer->getEvent()->getData('category');
        if ($category === null || !$this->config->isEnabled() || $this->config->endpoint() === null) {
            return;
        }
        $has = (string) $category->getData(Choices::ATTRIBUTE);
        if ($has === (string) $category->getOrigData(Choices::ATTRIBUTE) && !$category->isObjectNew()) {
            return;
        }
        try {
            $done = $this->sync->run();
        } catch (HubException $error) {
            $this->messages->addWarningMessage(
                (string) __('The TikTok Shop category is saved here and goes to the hub within a few minutes. %1', $error->getMessage())
            );
            return;
        }
        foreach ($done['refused'] as $says) {
            $this->messages->addWarningMessage((string) __('TikTok Shop category: %1', $says));
        }
        if ($done['changed'] > 1 && $done['refused'] === []) {
            $this->messages->addSuccessMessage((string) __('%1 categories have their TikTok Shop category now.', $done['changed']));
        }
    }
}
