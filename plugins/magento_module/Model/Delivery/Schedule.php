<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\State;

/**
 * When the queue may go on: one back-off for all of it, 1 to 15 minutes; what the hub asked for; whether it stopped.
 */
class Schedule
{
    private const NAME = 'schedule';
    private const BACK_OFF_S = [60, 120, 240, 480, 900];
    private const LONGEST_WAIT_S = 86400;

    public function __construct(
        private readonly State $state,
        private readonly Clock $clock
    ) {
    }

    /**
     * Whether something may be sent now.
     */
    public function isOpen(): bool
    {
        $kept = $this->read();
        return !$kept['stopped'] && $kept['not_before'] <= $this->clock->now();
    }

    /**
     * The connection was removed in the hub.
     */
    public function isStopped(): bool
    {
        return $this->read()['stopped'];
    }

    /**
     * What the merchant should know, or ''. One of the words of `Notice`.
     */
    public function notice(): string
    {
        return $this->read()['notice'];
    }

    /**
     * When the next try is due, in seconds; 0 where nothing holds it back.
     */
    public function notBefore(): int
    {
        return $this->read()['not_before'];
    }

    /**
     * When something was last taken by the hub; 0 before.
     */
    public function deliveredAt(): int
    {
        return $this->read()['delivered_at'];
    }

    public function backOff(string $notice): void
    {
        $kept = $this->read();
        $wait = self::BACK_OFF_S[min($kept['back_off'], count(self::BACK_OFF_S) - 1)];
        $this->write(['back_off' => $kept['back_off'] + 1, 'not_before' => $this->clock->now() + $wait, 'notice' => $notice] + $kept);
    }

    public function obey(int $seconds): void
    {
        $wait = max(1, min($seconds, self::LONGEST_WAIT_S));
        $this->write(['not_before' => $this->clock->now() + $wait] + $this->read());
    }

    public function stop(): void
    {
        $this->write(['stopped' => true, 'notice' => Notice::REMOVED] + $this->read());
    }

    public function calm(): void
    {
        $this->write(['delivered_at' => $this->clock->now()]);
    }

    /**
     * A valid call of the hub came in, so it is there: any back-off ends.
     */
    public function heardHub(): void
    {
        $kept = $this->read();
        if ($kept['back_off'] > 0) {
            $this->write(['back_off' => 0, 'not_before' => 0] + $kept);
        }
    }

    /**
     * The settings were saved: whatever held the queue back belongs to the former ones.
     */
    public function startAnew(): void
    {
        $this->write(['delivered_at' => $this->read()['delivered_at']]);
    }

    /**
     * @return array{back_off: int, not_before: int, notice: string, stopped: bool, delivered_at: int}
     */
    private function read(): array
    {
        $kept = json_decode((string) $this->state->get(self::NAME), true);
        $kept = is_array($kept) ? $kept : [];
        return [
            'back_off' => (int) ($kept['back_off'] ?? 0),
            'not_before' => (int) ($kept['not_before'] ?? 0),
            'notice' => (string) ($kept['notice'] ?? ''),
            'stopped' => (bool) ($kept['stopped'] ?? false),
            'delivered_at' => (int) ($kept['delivered_at'] ?? 0),
        ];
    }

    /**
     * @param array<string, int|string|bool> $kept
     */
    private function write(array $kept): void
    {
        $this->state->set(self::NAME, json_encode($kept, JSON_THROW_ON_ERROR));
    }
}
