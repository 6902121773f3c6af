<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Payment;

use Magento\Framework\Exception\LocalizedException;
use Magento\Payment\Gateway\Command\ResultInterface;
use Magento\Payment\Gateway\CommandInterface;

/**
 * "Refund" in the shop's admin: the money is with TikTok Shop, and only TikTok Shop gives it back. The credit memo then
 * comes from there; one made by hand is made offline.
 */
class Refund implements CommandInterface
{
    /**
     * @param mixed[] $commandSubject
     * @throws LocalizedException always: nothing here can move the buyer's money
     */
    public function execute(array $commandSubject): ?ResultInterface
    {
        throw new LocalizedException(__(
            'TikTok Shop gives the buyer\'s money back, not this store. Refund the order on TikTok Shop: the credit '
            . 'memo then appears here by itself. To write one down by hand, choose Refund Offline.'
        ));
    }
}
