<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Capture;

use Magento\Framework\Mview\ActionInterface;

/**
 * A view must name an action. Ours does nothing: the logs are read and emptied by the deliverer, in one transaction
 * with what it writes down, which Magento's own reading can't give.
 */
class Action implements ActionInterface
{
    /**
     * @inheritDoc
     */
    public function execute($ids): void
    {
    }
}
