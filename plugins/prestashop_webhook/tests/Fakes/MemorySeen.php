<?php

declare(strict_types=1);

namespace Shopbridge\Tests\Fakes;

use Shopbridge\Api\SeenCalls;

/**
 * Ids of calls in an array.
 */
final class MemorySeen implements SeenCalls
{
    /** @var array<string, int> */
    public $known = [];

    public function isNew(string $id, int $now, int $seconds): bool
    {
        if (isset($this->known[$id]) && $this->known[$id] >= $now - $seconds) {
            return false;
        }
        $this->known[$id] = $now;

        return true;
    }
}
