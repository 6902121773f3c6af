<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

use Magento\Framework\Lock\LockManagerInterface;
use Psr\Log\LoggerInterface;
use Shopbridge\TikTokShop\Model\Capture\CaptureInterface;
use Shopbridge\TikTokShop\Model\Clock;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Hub\Endpoint;
use Shopbridge\TikTokShop\Model\Hub\HttpAnswer;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Hub\TransportInterface;
use Shopbridge\TikTokShop\Model\Module;
use Shopbridge\TikTokShop\Model\Pairing;
use Shopbridge\TikTokShop\Model\Signature;

/**
 * The one that speaks: under a lock it numbers what waits and posts it, and does what each answer asks for
 * (plugin contract, section 2). A message is kept before it is sent, so that a killed run loses and doubles nothing.
 */
class Deliverer
{
    private const LOCK = 'shopbridge_deliverer';
    private const RUN_FOR_S = 45;
    private const EVENT_BACK_OFF_S = [60, 300, 1800, 7200, 21600];
    private const GIVE_UP_AFTER_S = 259200;

    public function __construct(
        private readonly Config $config,
        private readonly QueueInterface $queue,
        private readonly Schedule $schedule,
        private readonly Notice $notice,
        private readonly TransportInterface $transport,
        private readonly Signature $signature,
        private readonly Pairing $pairing,
        private readonly CaptureInterface $capture,
        private readonly Clock $clock,
        private readonly LockManagerInterface $lock,
        private readonly LoggerInterface $logger
    ) {
    }

    /**
     * Delivers what waits, for at most 45 seconds and the time of one answer. Another run that goes on already is left
     * alone.
     */
    public function run(): DeliveryResult
    {
        if (!$this->lock->lock(self::LOCK, 0)) {
            return new DeliveryResult(false);
        }
        try {
            return $this->deliver();
        } finally {
            $this->lock->unlock(self::LOCK);
        }
    }

    private function deliver(): DeliveryResult
    {
        $result = new DeliveryResult();
        $this->capture->arrange($this->config->isRecording());
        if (!$this->config->isRecording()) {
            return $result;
        }
        $this->capture->readLogs();
        $endpoint = $this->config->endpoint();
        $this->pairing->noticeSettings();
        if ($endpoint === null || !$this->schedule->isOpen() || !$this->sayHelloWhereDue()) {
            return $result;
        }
        $this->queue->address($endpoint->url);
        $until = $this->clock->now() + self::RUN_FOR_S;
        while ($this->schedule->isOpen() && $this->clock->now() < $until) {
            $batch = $this->queue->next($this->clock->now());
            if ($batch === null) {
                if ($this->queue->fill() === 0) {
                    break;
                }
                continue;
            }
            $this->queue->tried($batch, $this->clock->now());
            $answer = $this->post($endpoint, $batch);
            $result->sent++;
            $this->settle($batch, $answer, $result);
        }
        return $result;
    }

    /**
     * Renews the token daily. False where the hub can't be spoken to now.
     */
    private function sayHelloWhereDue(): bool
    {
        if (!$this->pairing->isDue()) {
            return true;
        }
        try {
            $this->pairing->hello();
        } catch (HubException $exception) {
            $this->logger->warning('Shopbridge: ' . $exception->getMessage());
        }
        return $this->schedule->isOpen();
    }

    private function post(Endpoint $endpoint, Batch $batch): HttpAnswer
    {
        $key = $this->signature->keys($endpoint->secret)['k1'];
        $headers = $this->signature->headers($key, $batch->webhookId, $this->clock->now(), $batch->body) + [
            'content-type' => 'application/json',
            'user-agent' => 'Shopbridge magento/' . Module::VERSION,
        ];
        if ($endpoint->appKey !== '') {
            $headers['x-shopbridge-app-key'] = $endpoint->appKey;
        }
        return $this->transport->send('POST', $endpoint->url, $headers, $batch->body);
    }

    private function settle(Batch $batch, HttpAnswer $answer, DeliveryResult $result): void
    {
        $body = $answer->json();
        if ($answer->status === 202) {
            $refused = $this->refusedOf($batch, $body);
            $result->events += count($batch->events());
            $result->refused += count($refused);
            $this->queue->bury($refused, $this->clock->now());
            $this->queue->remove($batch);
            $this->schedule->calm();
        } elseif (in_array($answer->status, [413, 415, 422], true)) {
            $this->divide($batch, $body);
        } elseif ($answer->status === 410) {
            $this->schedule->stop();
        } elseif (in_array($answer->status, [429, 503], true) && isset($answer->headers['retry-after'])) {
            $this->schedule->obey($this->secondsOf($answer->headers['retry-after']));
        } else {
            $this->schedule->backOff($this->notice->of($answer->status, $body));
        }
    }

    /**
     * @param array<string, mixed> $body
     * @return list<array{event: array<string, mixed>, says: string}>
     */
    private function refusedOf(Batch $batch, array $body): array
    {
        $reasons = [];
        foreach (is_array($body['refused'] ?? null) ? $body['refused'] : [] as $one) {
            $reasons[(string) ($one['id'] ?? '')] = (string) ($one['says'] ?? '');
        }
        $refused = [];
        foreach ($reasons === [] ? [] : $batch->events() as $event) {
            if (isset($reasons[$event['id']])) {
                $refused[] = ['event' => $event, 'says' => $reasons[$event['id']]];
            }
        }
        return $refused;
    }

    /**
     * The hub can't read it: halves, down to the one event that is to blame, which is tried for three days.
     *
     * @param array<string, mixed> $body
     */
    private function divide(Batch $batch, array $body): void
    {
        $events = $batch->events();
        if (count($events) > 1) {
            $this->queue->halve($batch);
            return;
        }
        $now = $this->clock->now();
        if ($now - ($batch->firstTryAt ?? $now) >= self::GIVE_UP_AFTER_S) {
            $says = (string) ($body['says'] ?? $body['detail'] ?? $body['code'] ?? '');
            $this->queue->bury([['event' => $events[0], 'says' => $says]], $now);
            $this->queue->remove($batch);
            return;
        }
        $waits = self::EVENT_BACK_OFF_S;
        $this->queue->putOff($batch, $now + $waits[min($batch->tries, count($waits) - 1)]);
    }

    private function secondsOf(string $retryAfter): int
    {
        if (ctype_digit($retryAfter)) {
            return (int) $retryAfter;
        }
        $moment = strtotime($retryAfter);
        return $moment === false ? 60 : $moment - $this->clock->now();
    }
}
