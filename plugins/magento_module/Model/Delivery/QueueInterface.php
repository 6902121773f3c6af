<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

/**
 * The one deliverer's queue: rows that wait, and the messages made of them. Every method is durable when it returns.
 */
interface QueueInterface
{
    /**
     * Numbers belong to one address: for another one, what waits is numbered anew.
     */
    public function address(string $url): void;

    /**
     * Takes the next rows that wait, collapsed and numbered, into messages. Returns how many messages were made.
     */
    public function fill(): int;

    /**
     * The oldest message that is due.
     */
    public function next(int $now): ?Batch;

    /**
     * Notes a try, before it is made.
     */
    public function tried(Batch $batch, int $now): void;

    public function remove(Batch $batch): void;

    /**
     * The same events in two messages.
     */
    public function halve(Batch $batch): void;

    public function putOff(Batch $batch, int $until): void;

    /**
     * Sets events aside that the hub will not take.
     *
     * @param list<array{event: array<string, mixed>, says: string}> $refused
     */
    public function bury(array $refused, int $now): void;

    /**
     * @return array{waiting: int, oldest_s: int, failed: int}
     */
    public function facts(int $now): array;
}
