<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

/**
 * What came back. Status 0: no answer. Header names are in lower case.
 */
class HttpAnswer
{
    /**
     * @param array<string, string> $headers
     */
    public function __construct(
        public readonly int $status,
        public readonly string $body = '',
        public readonly array $headers = []
    ) {
    }

    /**
     * The body's JSON object; an empty one where it is something else.
     *
     * @return array<string, mixed>
     */
    public function json(): array
    {
        $read = json_decode($this->body, true);
        return is_array($read) ? $read : [];
    }
}
