<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Magento\Framework\Phrase;

/**
 * The hub understood and said no: its problem document (plugin contract, section 4).
 */
class Refused extends HubException
{
    /**
     * @param list<array<string, mixed>> $problems
     */
    public function __construct(
        Phrase $phrase,
        private readonly int $status,
        private readonly string $reason = '',
        private readonly array $problems = []
    ) {
        parent::__construct($phrase);
    }

    public function status(): int
    {
        return $this->status;
    }

    /**
     * The problem's code; not named getCode, which PHP keeps for numbers.
     */
    public function code(): string
    {
        return $this->reason;
    }

    /**
     * @return list<array<string, mixed>>
     */
    public function problems(): array
    {
        return $this->problems;
    }
}
