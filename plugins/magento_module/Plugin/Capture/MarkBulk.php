<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Magento\AsynchronousOperations\Model\OperationProcessor;
use Shopbridge\TikTokShop\Model\Origin;

/**
 * What a queue consumer does for an asynchronous REST call is "bulk".
 */
class MarkBulk
{
    public function __construct(private readonly Origin $origin)
    {
    }

    public function aroundProcess(OperationProcessor $subject, callable $proceed, string $encodedMessage): mixed
    {
        return $this->origin->during('bulk', static fn () => $proceed($encodedMessage));
    }
}
