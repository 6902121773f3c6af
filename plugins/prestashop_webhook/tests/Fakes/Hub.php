<?php

declare(strict_types=1);

namespace Shopbridge\Tests\Fakes;

use Shopbridge\Crypto\Keys;
use Shopbridge\Crypto\Signature;
use Shopbridge\Delivery\Reply;
use Shopbridge\Delivery\Transport;

/**
 * A hub at the other end of the transport: checks every signature, answers hello, and says what it was told to say.
 */
final class Hub implements Transport
{
    /** @var array<int, array{url: string, id: string, headers: array<string, string>, body: string, events: array<int, array<string, mixed>>}> */
    public $heard = [];
    /** @var array<int, Reply|callable> answers to events, in order; then 202 */
    public $answers = [];
    /** @var array<int, Reply|callable> answers to hello, in order; then a signed 200 */
    public $helloAnswers = [];
    /** @var Keys */
    private $keys;

    public function __construct(string $secret)
    {
        $this->keys = Keys::fromSecret($secret);
    }

    public function post(string $url, array $headers, string $body): Reply
    {
        if (!Signature::isSignedBy($this->keys->k1, $headers, $body)) {
            return new Reply(401, [], '{"code":"signature"}');
        }
        $events = json_decode($body, true)['events'];
        $this->heard[] = ['url' => $url, 'id' => $headers['webhook-id'], 'headers' => $headers, 'body' => $body, 'events' => $events];
        $isHello = $events[0]['type'] === 'plugin.hello';
        $answer = $isHello ? array_shift($this->helloAnswers) : array_shift($this->answers);
        if (is_callable($answer)) {
            $answer = $answer($headers['webhook-id'], $events);
        }
        if ($answer !== null) {
            return $answer;
        }

        return $isHello ? $this->welcome($headers['webhook-id']) : new Reply(202, [], (string) json_encode(['accepted' => count($events), 'duplicate' => 0, 'refused' => []]));
    }

    /**
     * The signed answer to a hello.
     */
    public function welcome(string $id, string $key = ''): Reply
    {
        $body = '{"api_url":"https://hub.example/api/v1","api_token":"sbp_secret","expires_at":"2026-11-23T12:00:00Z","skew_s":2}';

        return new Reply(200, Signature::headers($key === '' ? $this->keys->k4 : $key, $id, 1795780800, $body), $body);
    }

    /**
     * The messages that were not hello.
     *
     * @return array<int, array{url: string, id: string, headers: array<string, string>, body: string, events: array<int, array<string, mixed>>}>
     */
    public function batches(): array
    {
        return array_values(array_filter($this->heard, static function (array $one): bool {
            return $one['events'][0]['type'] !== 'plugin.hello';
        }));
    }
}
