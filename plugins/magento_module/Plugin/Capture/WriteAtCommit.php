<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Magento\Framework\DB\Adapter\AdapterInterface;
use Shopbridge\TikTokShop\Model\Outbox\Pending;

/**
 * What happened in a transaction is written down as its last statement.
 */
class WriteAtCommit
{
    public function __construct(private readonly Pending $pending)
    {
    }

    public function beforeCommit(AdapterInterface $subject): void
    {
        if ($subject->getTransactionLevel() === 1) {
            $this->pending->write();
        }
    }

    public function afterCommit(AdapterInterface $subject, mixed $result): mixed
    {
        if ($subject->getTransactionLevel() === 0) {
            $this->pending->forget();
        }
        return $result;
    }

    public function afterRollBack(AdapterInterface $subject, mixed $result): mixed
    {
        $this->pending->forget();
        return $result;
    }
}
