<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Api;

use Shopbridge\TikTokShop\Api\Data\AnswerInterface;

/**
 * An answer made by this module.
 */
class Answer implements AnswerInterface
{
    /**
     * @param array<string, mixed> $body
     */
    public function __construct(private readonly array $body = [], private readonly int $status = 200)
    {
    }

    /**
     * @inheritdoc
     */
    public function getStatus(): int
    {
        return $this->status;
    }

    /**
     * @inheritdoc
     */
    public function getBody(): array
    {
        return $this->body;
    }
}
