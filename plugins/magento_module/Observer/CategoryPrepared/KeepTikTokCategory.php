<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Observer\CategoryPrepared;

use Magento\Framework\AuthorizationInterface;
use Magento\Framework\Event\Observer;
use Magento\Framework\Event\ObserverInterface;
use Shopbridge\TikTokShop\Model\Category\Choices;

/**
 * Who may not choose categories in TikTok Shop changes none, whatever his form sends.
 */
class KeepTikTokCategory implements ObserverInterface
{
    public function __construct(private readonly AuthorizationInterface $authorization)
    {
    }

    public function execute(Observer $observer): void
    {
        $category = $observer->getEvent()->getData('category');
        if ($category !== null && !$this->authorization->isAllowed('Shopbridge_TikTokShop::category')) {
            $category->setData(Choices::ATTRIBUTE, $category->getOrigData(Choices::ATTRIBUTE));
        }
    }
}
