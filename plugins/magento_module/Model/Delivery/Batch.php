<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

/**
 * A message that waits for its answer: webhook-id and body are the same at each try. Times in seconds.
 */
class Batch
{
    public function __construct(
        public readonly int $batchId,
        public readonly string $webhookId,
        public readonly string $body,
        public readonly int $tries = 0,
        public readonly ?int $firstTryAt = null
    ) {
    }

    /**
     * @return list<array<string, mixed>>
     */
    public function events(): array
    {
        return json_decode($this->body, true, 512, JSON_THROW_ON_ERROR)['events'];
    }
}
