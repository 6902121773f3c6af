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

use Shopbridge\Settings\Stores;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Gives events their id and number and cuts them into messages within the contract's limits.
 */
final class Packer
{
    const EVENTS = 100;
    const BYTES = 524288;

    /** @var string `prestashop/1.0.0` */
    private $plugin;

    public function __construct(string $version)
    {
        $this->plugin = 'prestashop/' . $version;
    }

    /**
     * @param Row[] $rows
     * @param int[] $shops those behind this Webhook URL
     * @param int $seq the last number that was given; raised
     *
     * @return Batch[]
     */
    public function pack(array $rows, array $shops, int &$seq, int $now): array
    {
        $events = [];
        foreach ($rows as $row) {
            $subject = array_filter(['kind' => $row->kind, 'id' => $row->subject, 'variant_id' => $row->variant, 'sku' => $row->sku], 'strlen');
            $event = [
                'id' => Ulid::make($now * 1000),
                'type' => $row->type,
                'at' => str_replace(' ', 'T', $row->happenedAt) . 'Z',
                'seq' => ++$seq,
                'store' => Stores::code($row->shopOf($shops)),
                'subject' => $subject,
                'via' => $row->via,
            ];
            if ($row->hint !== []) {
                $event['hint'] = $row->hint;
            }
            $events[] = $event;
        }

        return $this->cut($events, $now);
    }

    /**
     * Hello travels alone.
     *
     * @param array<string, mixed> $facts
     */
    public function hello(array $facts, string $store, int &$seq, int $now): Batch
    {
        $event = [
            'id' => Ulid::make($now * 1000),
            'type' => 'plugin.hello',
            'at' => gmdate('Y-m-d\TH:i:s\Z', $now),
            'seq' => ++$seq,
            'store' => $store,
            'subject' => ['kind' => 'plugin', 'id' => 'prestashop'],
            'via' => 'cron',
            'hint' => $facts,
        ];

        return $this->batch([$event], $now, true);
    }

    /**
     * The two halves of a message that was too large for the hub, or unreadable to it.
     *
     * @return Batch[]
     */
    public function halve(Batch $batch, int $now): array
    {
        $events = $batch->events();
        $halves = array_chunk($events, (int) max(1, ceil(count($events) / 2)));

        return array_map(function (array $half) use ($now): Batch {
            return $this->batch($half, $now, false);
        }, $halves);
    }

    /**
     * @param array<int, array<string, mixed>> $events
     *
     * @return Batch[]
     */
    private function cut(array $events, int $now): array
    {
        $batches = [];
        $part = [];
        $size = 0;
        foreach ($events as $event) {
            $length = strlen($this->json($event)) + 1;
            if ($part !== [] && (count($part) === self::EVENTS || $size + $length > self::BYTES - 200)) {
                $batches[] = $this->batch($part, $now, false);
                $part = [];
                $size = 0;
            }
            $part[] = $event;
            $size += $length;
        }
        if ($part !== []) {
            $batches[] = $this->batch($part, $now, false);
        }

        return $batches;
    }

    /**
     * @param array<int, array<string, mixed>> $events
     */
    private function batch(array $events, int $now, bool $isHello): Batch
    {
        $oldest = min(array_map(static function (array $event): int {
            return (int) strtotime((string) $event['at']);
        }, $events));

        return new Batch('msg_' . Ulid::make($now * 1000), $this->json(['plugin' => $this->plugin, 'events' => $events]), count($events), $isHello, $oldest);
    }

    private function json(array $value): string
    {
        return (string) json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
    }
}
