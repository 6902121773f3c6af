<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Delivery\Reply;
use Shopbridge\Health\Check;
use Shopbridge\Health\Checks;
use Shopbridge\Health\Probe;
use Shopbridge\Health\Situation;
use Shopbridge\Outbox\Link;

/**
 * The health list says what is the case and what to do.
 */
final class ChecksTest extends TestCase
{
    const NOW = 1795780800;

    private static function well(): Situation
    {
        $now = new Situation();
        $now->now = self::NOW;
        $now->isJoined = true;
        $now->host = 'hub.example';
        $now->link = new Link('key');
        $now->link->helloAt = $now->link->deliveredAt = self::NOW - 60;
        $now->link->delivered = 7;
        $now->isWebserviceOn = true;
        $now->probe = Probe::OK;
        $now->key = 'Shopbridge';
        $now->cronSeenAt = self::NOW - 60;

        return $now;
    }

    /**
     * @return array<string, Check>
     */
    private static function look(Situation $now): array
    {
        $checks = new Checks(static function (string $text, array $values): string {
            return strtr($text, $values);
        }, static function (int $moment): string {
            return gmdate('H:i:s', $moment);
        });
        $found = [];
        foreach ($checks->of($now) as $check) {
            $found[$check->name] = $check;
        }

        return $found;
    }

    public function testAWellShopHasNothingToDo(): void
    {
        foreach (self::look(self::well()) as $check) {
            self::assertSame([Check::OK, ''], [$check->state, $check->todo], $check->name);
        }
    }

    public function testBeforeTheFirstUrlTheListSaysWhereToGetOne(): void
    {
        $check = self::look(new Situation())['hub'];

        self::assertSame(Check::IDLE, $check->state);
        self::assertStringContainsString('Copy it from your connection', $check->todo);
    }

    /**
     * @dataProvider notices
     */
    public function testEachTroubleWithTheHubSaysWhatToDo(string $notice, string $says): void
    {
        $now = self::well();
        $now->link->notice = $notice;
        $now->link->noticeSays = '502';
        $check = self::look($now)['hub'];

        self::assertSame(Check::NEED, $check->state);
        self::assertStringContainsString($says, $check->says);
        self::assertNotSame('', $check->todo);
    }

    /** @return array<string, array{string, string}> */
    public function notices(): array
    {
        return [
            'silent' => [Link::SILENT, 'hub.example does not answer (502).'],
            'signature' => [Link::SIGNATURE, 'does not accept the secret'],
            'unknown' => [Link::UNKNOWN, 'does not know this Webhook URL'],
            'unsigned' => [Link::UNSIGNED, 'Something at hub.example answers'],
            'refused' => [Link::REFUSED, 'did not understand'],
            'removed' => [Link::REMOVED, 'was removed'],
            'status' => [Link::STATUS, 'code 502'],
        ];
    }

    public function testASecretThatCanNotBeReadAsksForTheUrlAgain(): void
    {
        $now = self::well();
        $now->isSecretLost = true;

        self::assertStringContainsString('anew', self::look($now)['hub']->todo);
    }

    public function testAClockThatIsOffIsNamedWithItsMinutes(): void
    {
        $now = self::well();
        $now->link->notice = Link::CLOCK;
        $now->link->skew = 660;
        self::assertStringContainsString('11 min ahead', self::look($now)['clock']->says);
        $now->link->skew = -660;
        self::assertStringContainsString('11 min late', self::look($now)['clock']->says);
    }

    /**
     * @dataProvider answers
     */
    public function testADroppedSignInIsToldFromAnUnknownKey(Reply $reply, string $meaning): void
    {
        self::assertSame($meaning, Probe::meaning($reply));
    }

    /** @return array<string, array{Reply, string}> */
    public function answers(): array
    {
        $unknown = '<?xml version="1.0" encoding="UTF-8"?><prestashop xmlns:xlink="http://www.w3.org/1999/xlink"><errors><error><code>20</code></error></errors></prestashop>';

        return [
            'the key arrived and is unknown' => [new Reply(401, [], $unknown), Probe::OK],
            'the header was dropped' => [new Reply(401, [], '401 Unauthorized'), Probe::DROPPED],
            'a page instead' => [new Reply(404, [], '<html>'), Probe::NOT_FOUND],
            'a page with 200' => [new Reply(200, [], '<html>'), Probe::NOT_FOUND],
            'sent elsewhere' => [new Reply(302), Probe::NOT_FOUND],
            'no answer' => [new Reply(0), Probe::SILENT],
        ];
    }

    public function testADroppedSignInIsDiagnosedByName(): void
    {
        $now = self::well();
        $now->probe = Probe::DROPPED;
        $check = self::look($now)['webservice'];

        self::assertStringContainsString('Authorization', $check->says);
        self::assertStringContainsString('Enable CGI mode for PHP', $check->todo);
    }

    public function testAKeyThatMayNotViewEnoughNamesWhatIsMissing(): void
    {
        $now = self::well();
        $now->missingRights = ['orders', 'products'];
        self::assertStringContainsString('“Shopbridge” may not view: orders, products', self::look($now)['key']->says);
        $now->key = null;
        self::assertStringContainsString('no active key', self::look($now)['key']->says);
    }

    public function testAQueueIsAWorryAfterAQuarterOfAnHour(): void
    {
        $now = self::well();
        $now->waiting = 12;
        $now->oldest = 899;
        self::assertSame(Check::IDLE, self::look($now)['queue']->state);
        $now->oldest = 900;
        self::assertSame(Check::NEED, self::look($now)['queue']->state);
        self::assertStringContainsString('12 waiting, the oldest for 15 min', self::look($now)['queue']->says);
    }

    public function testACronThatStoppedIsMissedAndOneThatNeverWasIsOnlyNamed(): void
    {
        $now = self::well();
        $now->cronSeenAt = self::NOW - 900;
        self::assertSame(Check::NEED, self::look($now)['cron']->state);
        $now->cronSeenAt = 0;
        self::assertSame(Check::IDLE, self::look($now)['cron']->state);
    }

    public function testRefusedChangesAreCounted(): void
    {
        $now = self::well();
        $now->failed = 3;
        self::assertStringContainsString('for good: 3.', self::look($now)['failed']->says);
    }
}
