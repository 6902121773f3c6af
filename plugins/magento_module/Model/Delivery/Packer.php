<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

use Shopbridge\TikTokShop\Model\Module;

/**
 * Puts numbered events into bodies, at most 100 events and 512 KiB each (plugin contract, section 2).
 */
class Packer
{
    public const MOST_EVENTS = 100;
    public const MOST_BYTES = 524288;

    private const JSON = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE;

    /**
     * @param iterable<array<string, mixed>> $events
     * @return list<array{body: string, events: int}>
     */
    public function pack(iterable $events): array
    {
        $bodies = [];
        $part = [];
        $size = strlen($this->body([]));
        $bytes = $size;
        foreach ($events as $event) {
            $text = json_encode($event, self::JSON);
            if ($part !== [] && (count($part) === self::MOST_EVENTS || $bytes + strlen($text) + 1 > self::MOST_BYTES)) {
                $bodies[] = ['body' => $this->body($part), 'events' => count($part)];
                $part = [];
                $bytes = $size;
            }
            $part[] = $text;
            $bytes += strlen($text) + 1;
        }
        if ($part !== []) {
            $bodies[] = ['body' => $this->body($part), 'events' => count($part)];
        }
        return $bodies;
    }

    /**
     * @param list<string> $events each as JSON
     */
    private function body(array $events): string
    {
        return '{"plugin":"magento/' . Module::VERSION . '","events":[' . implode(',', $events) . ']}';
    }
}
