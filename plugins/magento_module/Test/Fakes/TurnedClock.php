<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Shopbridge\TikTokShop\Model\Clock;

class TurnedClock extends Clock
{
    public function __construct(public int $at = 1795780800)
    {
    }

    public function now(): int
    {
        return $this->at;
    }
}
