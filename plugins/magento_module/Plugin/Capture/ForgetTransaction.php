<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Magento\Framework\DB\Adapter\AdapterInterface;
use Shopbridge\TikTokShop\Model\Outbox\Written;

/**
 * A transaction ended, one way or the other.
 */
class ForgetTransaction
{
    public function __construct(private readonly Written $written)
    {
    }

    public function afterCommit(AdapterInterface $subject, mixed $result): mixed
    {
        if ($subject->getTransactionLevel() === 0) {
            $this->written->forget();
        }
        return $result;
    }

    public function afterRollBack(AdapterInterface $subject, mixed $result): mixed
    {
        $this->written->forget();
        return $result;
    }
}
