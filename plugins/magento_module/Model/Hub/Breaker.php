<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\State;

/**
 * After a hub gave no answer, the admin does not ask it again for a minute: one click waits, not each.
 */
class Breaker
{
    private const NAME = 'hub_silent_until';
    private const PAUSE_S = 60;

    public function __construct(
        private readonly State $state,
        private readonly Clock $clock
    ) {
    }

    public function isOpen(): bool
    {
        $until = (int) $this->state->get(self::NAME);
        // A clock that was set back must not keep it open.
        return $until > $this->clock->now() && $until <= $this->clock->now() + self::PAUSE_S;
    }

    public function open(): void
    {
        $this->state->set(self::NAME, (string) ($this->clock->now() + self::PAUSE_S));
    }

    public function close(): void
    {
        $this->state->forget(self::NAME);
    }
}
