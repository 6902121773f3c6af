<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

use Shopbridge\TikTokShop\Model\Delivery\Notice;
use Shopbridge\TikTokShop\Model\Delivery\Packer;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;
use Shopbridge\TikTokShop\Model\Health\FactsInterface;
use Shopbridge\TikTokShop\Model\Hub\Breaker;
use Shopbridge\TikTokShop\Model\Hub\Endpoint;
use Shopbridge\TikTokShop\Model\Hub\HttpAnswer;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Hub\NotPaired;
use Shopbridge\TikTokShop\Model\Hub\Patience;
use Shopbridge\TikTokShop\Model\Hub\Session;
use Shopbridge\TikTokShop\Model\Hub\TransportInterface;
use Shopbridge\TikTokShop\Model\Hub\Unreachable;

/**
 * Says hello to the hub and keeps what it answers (plugin contract, sections 2 and 4): on Save, daily, and when the
 * hub's API no longer knows the token.
 */
class Pairing
{
    private const SAID = 'hello_said';
    private const WITH = 'hello_with';
    private const EVERY_S = 82800;

    public function __construct(
        private readonly Config $config,
        private readonly FactsInterface $facts,
        private readonly Session $session,
        private readonly Schedule $schedule,
        private readonly Notice $notice,
        private readonly TransportInterface $transport,
        private readonly Signature $signature,
        private readonly Packer $packer,
        private readonly Ulid $ulid,
        private readonly State $state,
        private readonly Clock $clock,
        private readonly Breaker $breaker
    ) {
    }

    /**
     * Whether the last answered hello is a day old, or belongs to other settings.
     */
    public function isDue(): bool
    {
        $endpoint = $this->config->endpoint();
        if ($endpoint === null) {
            return false;
        }
        $isKnown = $this->session->access($endpoint) !== null;
        return !$isKnown || $this->clock->now() - (int) $this->state->get(self::SAID) >= self::EVERY_S;
    }

    /**
     * Whatever held the queue back under other settings is over.
     */
    public function noticeSettings(): void
    {
        $fingerprint = $this->config->endpoint()?->fingerprint() ?? '';
        if ($this->state->get(self::WITH) !== $fingerprint) {
            $this->schedule->startAnew();
            $this->state->set(self::WITH, $fingerprint);
        }
    }

    /**
     * Says hello now.
     *
     * @param float $within seconds to wait for the answer
     * @return array<string, mixed> the hub's answer but for the token: connection, shops, skew_s, expires_at
     * @throws HubException in the merchant's words
     */
    public function hello(float $within = Patience::CALL_S): array
    {
        $endpoint = $this->config->endpoint();
        if ($endpoint === null) {
            throw new NotPaired(__('Paste the Web Hook URL that the hub shows, and save.'));
        }
        $this->noticeSettings();
        [$id, $answer] = $this->say($endpoint, $within);
        if ($answer->status === 409) {
            // That id was answered before, to someone who did not hear it.
            [$id, $answer] = $this->say($endpoint, $within);
        }
        if ($answer->status !== 200) {
            throw $this->failure($answer);
        }
        $isHub = ($answer->headers['webhook-id'] ?? '') === $id
            && $this->signature->isSigned($this->signature->keys($endpoint->secret)['k4'], $answer->headers, $answer->body);
        if (!$isHub) {
            $this->schedule->backOff(Notice::FORGED);
            throw new NotPaired($this->notice->says(Notice::FORGED));
        }
        $this->session->keep($endpoint, $answer->json());
        $this->state->set(self::SAID, (string) $this->clock->now());
        $this->schedule->calm();
        $this->breaker->close();
        return $this->session->facts($endpoint);
    }

    /**
     * @return array{0: string, 1: HttpAnswer}
     */
    private function say(Endpoint $endpoint, float $within): array
    {
        $now = $this->clock->now();
        // Without a number of its own: a hello that is lost is no lost change.
        $event = [
            'id' => $this->ulid->make(),
            'type' => 'plugin.hello',
            'at' => $this->clock->rfc3339($now),
            'store' => 'all',
            'subject' => ['kind' => 'plugin', 'id' => 'magento'],
            'via' => 'cron',
            'hint' => $this->facts->facts(),
        ];
        $body = $this->packer->pack([$event])[0]['body'];
        $id = 'msg_' . $this->ulid->make();
        $keys = $this->signature->keys($endpoint->secret);
        $headers = $this->signature->headers($keys['k1'], $id, $now, $body) + [
            'content-type' => 'application/json',
            'user-agent' => 'Shopbridge magento/' . Module::VERSION,
        ];
        if ($endpoint->appKey !== '') {
            $headers['x-shopbridge-app-key'] = $endpoint->appKey;
        }
        return [$id, $this->transport->send('POST', $endpoint->url, $headers, $body, $within)];
    }

    private function failure(HttpAnswer $answer): HubException
    {
        if ($answer->status === 410) {
            $this->schedule->stop();
            return new NotPaired($this->notice->says(Notice::REMOVED));
        }
        $notice = $this->notice->of($answer->status, $answer->json());
        $this->schedule->backOff($notice);
        $says = __('%1 %2', $this->notice->says($notice), $this->notice->fix($notice));
        return in_array($answer->status, [401, 404], true) ? new NotPaired($says) : new Unreachable($says);
    }
}
