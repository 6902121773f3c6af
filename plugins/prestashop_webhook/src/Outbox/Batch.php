<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Outbox;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Events that travel together: one id and the same bytes until they are answered.
 */
final class Batch
{
    /** @var int 0 before it is kept */
    public $number = 0;
    /** @var string */
    public $webhookId;
    /** @var string */
    public $body;
    /** @var int */
    public $events;
    /** @var bool */
    public $isHello;
    /** @var int */
    public $tries = 0;
    /** @var int when the oldest of its events happened, Unix time */
    public $oldestAt;
    /** @var int 0 before the first */
    public $firstTryAt = 0;
    /** @var int 0: at once */
    public $dueAt = 0;

    public function __construct(string $webhookId, string $body, int $events, bool $isHello, int $oldestAt)
    {
        $this->webhookId = $webhookId;
        $this->body = $body;
        $this->events = $events;
        $this->isHello = $isHello;
        $this->oldestAt = $oldestAt;
    }

    /**
     * @return array<int, array<string, mixed>> the events, as they are posted
     */
    public function events(): array
    {
        $body = json_decode($this->body, true);

        return is_array($body) && is_array($body['events'] ?? null) ? $body['events'] : [];
    }
}
