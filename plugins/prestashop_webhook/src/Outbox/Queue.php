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
 * Rows, messages, refused events and links, wherever they are kept.
 */
interface Queue
{
    /**
     * Whether this process is the deliverer now.
     *
     * @param int $patience seconds to wait for another one to end
     */
    public function lock(int $patience): bool;

    public function unlock(): void;

    /**
     * The oldest rows whose requests are over.
     *
     * @return Row[]
     */
    public function settled(int $limit): array;

    /**
     * In one transaction: these rows are gone, their messages are there, the links have their new numbers.
     *
     * @param int[] $rows
     * @param array<string, Batch[]> $batches by link
     * @param Link[] $links
     */
    public function take(array $rows, array $batches, array $links): void;

    /**
     * The link as it stands; a new one where there is none yet.
     */
    public function link(string $key): Link;

    /**
     * Keeps all but whether hello is due, which other processes ask for meanwhile.
     */
    public function saveLink(Link $link): void;

    /**
     * Hello is due now, and the link may be tried at once.
     */
    public function askHello(string $key): void;

    /**
     * Notes whether hello has still to be put into a message.
     */
    public function noteHello(string $key, bool $isDue): void;

    /**
     * Ends a back-off, whatever else the deliverer is doing.
     */
    public function calm(string $key): void;

    /**
     * The first message of a link that is due; hello comes first.
     */
    public function due(string $link, int $now): ?Batch;

    /**
     * Keeps tries and the time of the next one.
     */
    public function saveBatch(Batch $batch): void;

    /**
     * In one transaction: the message is gone, others stand in its place.
     *
     * @param Batch[] $others
     */
    public function replace(string $link, Batch $batch, array $others): void;

    /**
     * In one transaction: the message is answered, and these of its events were refused for good.
     *
     * @param array<int, array{event: array<string, mixed>, says: string}> $dead
     */
    public function finish(Link $link, Batch $batch, array $dead): void;

    /**
     * Takes away a hello that was not answered yet; a new one replaces it.
     */
    public function dropHello(string $link): void;

    /**
     * Messages of links that no shop uses any more become rows again, for the link that the shop has now.
     *
     * @param string[] $used
     */
    public function adopt(array $used): void;
}
