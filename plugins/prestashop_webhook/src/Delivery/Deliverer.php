<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Delivery;

use Shopbridge\Crypto\Cipher;
use Shopbridge\Crypto\Signature;
use Shopbridge\Outbox\Batch;
use Shopbridge\Outbox\Collapse;
use Shopbridge\Outbox\Link;
use Shopbridge\Outbox\Packer;
use Shopbridge\Outbox\Queue;
use Shopbridge\Settings\Settings;
use Shopbridge\Settings\Stores;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The one deliverer: claims rows, numbers and packs them, posts what is due, and does what each answer means.
 *
 * Whatever it posts is kept first, with its id and bytes, so that a process which dies here repeats the same message.
 */
final class Deliverer
{
    /** Rows claimed at once. */
    const ROWS = 2000;

    /** Seconds after which hello is said again. */
    const DAILY = 86400;

    /** @var Settings */
    private $settings;
    /** @var Queue */
    private $queue;
    /** @var Transport */
    private $transport;
    /** @var Cipher */
    private $cipher;
    /** @var Packer */
    private $packer;
    /** @var callable(int[]): array<string, mixed> */
    private $facts;
    /** @var callable(): int */
    private $clock;
    /** @var string */
    private $agent;

    /**
     * @param callable(int[]): array<string, mixed> $facts what hello tells about these shops
     * @param callable(): int $clock
     */
    public function __construct(Settings $settings, Queue $queue, Transport $transport, Cipher $cipher, string $version, callable $facts, callable $clock)
    {
        $this->settings = $settings;
        $this->queue = $queue;
        $this->transport = $transport;
        $this->cipher = $cipher;
        $this->packer = new Packer($version);
        $this->agent = 'Shopbridge prestashop/' . $version;
        $this->facts = $facts;
        $this->clock = $clock;
    }

    /**
     * Claims and posts until nothing is due or the time is over.
     *
     * @param int $seconds after which no further message is begun
     * @param int $patience seconds to wait for another deliverer to end
     */
    public function run(int $seconds, int $patience = 0): Outcome
    {
        $outcome = new Outcome();
        if (!$this->queue->lock($patience)) {
            $outcome->isBusy = true;

            return $outcome;
        }
        try {
            $end = $this->now() + $seconds;
            $links = $this->settings->links();
            $this->queue->adopt(array_keys($links));
            foreach ($links as $key => $shops) {
                // Before the claim, so that numbers go out in their order.
                $this->sayHello($this->queue->link((string) $key), $shops);
            }
            do {
                $claimed = $this->claim($links);
                foreach ($links as $key => $shops) {
                    $this->deliver((string) $key, $shops, $end, $outcome);
                }
            } while ($claimed === self::ROWS && $this->now() < $end);
        } finally {
            $this->queue->unlock();
        }

        return $outcome;
    }

    /**
     * @param array<string, int[]> $links
     *
     * @return int rows that were claimed
     */
    private function claim(array $links): int
    {
        $known = [];
        $canGo = $links === [];
        foreach (array_keys($links) as $key) {
            $known[$key] = $this->queue->link((string) $key);
            $canGo = $canGo || $known[$key]->isStopped || $known[$key]->notBefore <= $this->now();
        }
        // While nothing can be sent, rows stay rows: the more of them, the more collapse.
        $rows = $canGo ? $this->queue->settled(self::ROWS) : [];
        if ($rows === []) {
            return 0;
        }
        $batches = [];
        $states = [];
        foreach ($links as $key => $shops) {
            $link = $known[$key];
            $mine = array_filter($rows, static function ($row) use ($shops): bool {
                return $row->shopOf($shops) > 0;
            });
            if ($mine === [] || $link->isStopped) {
                // A removed connection gets nothing more; a new one starts with a comparison of the whole catalogue.
                continue;
            }
            $batches[$key] = $this->packer->pack(Collapse::rows($mine), $shops, $link->seq, $this->now());
            $states[] = $link;
        }
        $this->queue->take(array_map(static function ($row): int {
            return $row->id;
        }, $rows), $batches, $states);

        return count($rows);
    }

    /**
     * @param int[] $shops
     */
    private function deliver(string $key, array $shops, int $end, Outcome $outcome): void
    {
        $link = $this->queue->link($key);
        $this->sayHello($link, $shops);
        while ($this->now() < $end && !$link->isStopped && $link->notBefore <= $this->now()) {
            $batch = $this->queue->due($key, $this->now());
            if ($batch === null) {
                return;
            }
            $outcome->last[$key] = $this->post($link, $batch, $shops);
            ++$outcome->messages;
            $outcome->events += $outcome->last[$key] === Verdict::DONE ? $batch->events : 0;
            $this->sayHello($link, $shops);
        }
    }

    /**
     * Keeps a hello message, where one is due. Facts are asked for only then.
     *
     * @param int[] $shops
     */
    private function sayHello(Link $link, array $shops): void
    {
        if ($link->isStopped || $link->notBefore > $this->now()) {
            return;
        }
        if (!$link->isHelloDue) {
            $waiting = $this->queue->due($link->key, PHP_INT_MAX);
            if ($this->now() - $link->helloAt < self::DAILY || ($waiting !== null && $waiting->isHello)) {
                return;
            }
        }
        $link->isHelloDue = false;
        $this->queue->noteHello($link->key, false);
        $batch = $this->packer->hello(call_user_func($this->facts, $shops), Stores::code($shops[0]), $link->seq, $this->now());
        $this->queue->dropHello($link->key);
        $this->queue->take([], [$link->key => [$batch]], [$link]);
    }

    /**
     * @param int[] $shops
     *
     * @return string a Verdict's `what`
     */
    private function post(Link $link, Batch $batch, array $shops): string
    {
        $keys = $this->settings->keys($shops[0]);
        if ($keys === null) {
            // The shop's own key has changed: the page asks for the Webhook URL again.
            $verdict = Answers::backOff($link, Link::SIGNATURE, '');
        } else {
            ++$batch->tries;
            $batch->firstTryAt = $batch->firstTryAt ?: $this->now();
            $this->queue->saveBatch($batch);
            $headers = Signature::headers($keys->k1, $batch->webhookId, $this->now(), $batch->body)
                + ['content-type' => 'application/json', 'user-agent' => $this->agent];
            $reply = $this->transport->post($this->settings->url($shops[0]), $headers, $batch->body);
            $verdict = $batch->isHello ? $this->helloVerdict($link, $batch, $reply, $keys->k4) : Answers::verdict($reply, $batch, $link, $this->now());
        }
        $this->settle($link, $batch, $verdict);

        return $verdict->what;
    }

    private function helloVerdict(Link $link, Batch $batch, Reply $reply, string $k4): Verdict
    {
        if ($reply->status === 200) {
            if (($reply->headers['webhook-id'] ?? '') !== $batch->webhookId || !Signature::isSignedBy($k4, $reply->headers, $reply->body)) {
                $this->sayAnother($link);

                return Answers::backOff($link, Link::UNSIGNED, '');
            }
            $body = $reply->json();
            $link->apiUrl = substr((string) ($body['api_url'] ?? ''), 0, 190);
            $link->apiToken = isset($body['api_token']) ? $this->cipher->encrypt((string) $body['api_token']) : '';
            $link->apiExpiresAt = Answers::moment($body['expires_at'] ?? '');
            $link->skew = (int) ($body['skew_s'] ?? 0);
            $link->helloAt = $this->now();

            return new Verdict(Verdict::DONE);
        }
        if ($reply->status === 409) {
            // That hello was answered and its answer got lost: another one, at once the first time.
            $this->sayAnother($link);

            return $batch->tries > 1 ? Answers::backOff($link, Link::STATUS, '409') : new Verdict(Verdict::OBEY);
        }
        if (in_array($reply->status, [202, 413, 415, 422], true)) {
            return Answers::backOff($link, Link::REFUSED, (string) $reply->status);
        }

        return Answers::verdict($reply, $batch, $link, $this->now());
    }

    /**
     * The next hello is a new one, with an id of its own.
     */
    private function sayAnother(Link $link): void
    {
        $link->isHelloDue = true;
        $this->queue->noteHello($link->key, true);
    }

    private function settle(Link $link, Batch $batch, Verdict $verdict): void
    {
        switch ($verdict->what) {
            case Verdict::DONE:
                $link->calm();
                $link->deliveredAt = $this->now();
                $link->delivered += $batch->events - count($verdict->refused);
                $this->queue->finish($link, $batch, self::dead($batch, $verdict->refused));
                break;
            case Verdict::HALVE:
                $this->queue->replace($link->key, $batch, $this->packer->halve($batch, $this->now()));
                break;
            case Verdict::DEAD:
                $this->queue->finish($link, $batch, self::dead($batch, array_fill_keys(array_column($batch->events(), 'id'), $verdict->says)));
                break;
            case Verdict::LATER:
                $batch->dueAt = $this->now() + $verdict->seconds;
                $this->queue->saveBatch($batch);
                break;
            case Verdict::STOP:
                $link->isStopped = true;
                $link->notice = $verdict->notice;
                $this->queue->saveLink($link);
                break;
            case Verdict::OBEY:
                $link->notBefore = $this->now() + $verdict->seconds;
                $link->notice = $verdict->notice;
                $this->queue->saveLink($link);
                break;
            default:
                ++$link->steps;
                $link->notBefore = $this->now() + $verdict->seconds;
                $link->notice = $verdict->notice;
                $link->noticeSays = substr($verdict->says, 0, 500);
                $link->skew = $verdict->notice === Link::CLOCK && (int) $verdict->says > 0 ? $this->now() - (int) $verdict->says : $link->skew;
                $this->queue->saveLink($link);
        }
    }

    /**
     * @param array<string, string> $refused event id => what the hub says
     *
     * @return array<int, array{event: array<string, mixed>, says: string}>
     */
    private static function dead(Batch $batch, array $refused): array
    {
        $dead = [];
        foreach ($batch->events() as $event) {
            if (isset($refused[(string) $event['id']])) {
                $dead[] = ['event' => $event, 'says' => $refused[(string) $event['id']]];
            }
        }

        return $dead;
    }

    private function now(): int
    {
        return call_user_func($this->clock);
    }
}
