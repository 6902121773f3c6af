<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Grid;

use Magento\Catalog\Ui\Component\Product\MassAction;
use Magento\Framework\AuthorizationInterface;

/**
 * TikTok Shop Action stands in the product grid only for those who may push.
 */
class AllowPush
{
    public function __construct(private readonly AuthorizationInterface $authorization)
    {
    }

    /**
     * @param bool $result
     * @param string $actionType
     */
    public function afterIsActionAllowed(MassAction $subject, $result, $actionType): bool
    {
        return $result && ($actionType !== 'shopbridge' || $this->authorization->isAllowed('Shopbridge_TikTokShop::push'));
    }
}
