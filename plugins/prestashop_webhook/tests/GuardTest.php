<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Api\Guard;
use Shopbridge\Api\NotAdmitted;
use Shopbridge\Crypto\Keys;
use Shopbridge\Crypto\Signature;
use Shopbridge\Tests\Fakes\MemorySeen;

/**
 * Who is let in: the hub's own calls, each once, within five minutes.
 */
final class GuardTest extends TestCase
{
    const NOW = 1795780800;
    const SECRET = 'whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1yFUXungPnuiI83k=';
    const OTHER = 'whsec_IPZl991MSWdyQQuB0UBeQsDTDUtd9LHKOzw8drkqPnU=';

    public function testACallUnderK2IsLetInOnce(): void
    {
        $keys = Keys::fromSecret(self::SECRET);
        $headers = Signature::headers($keys->k2, 'call_1', self::NOW, '{}');
        $guard = new Guard(new MemorySeen());

        self::assertSame($keys, $guard->admit([$keys], $headers, '{}', self::NOW));
        self::assertSame([409, 'replayed'], self::refusal($guard, [$keys], $headers, '{}', self::NOW + 10));
        self::assertSame([401, 'clock'], self::refusal($guard, [$keys], $headers, '{}', self::NOW + 301));
    }

    public function testTheFormerSecretCountsBesideThePresentOne(): void
    {
        $former = Keys::fromSecret(self::OTHER);
        $headers = Signature::headers($former->k2, 'call_1', self::NOW, '{}');

        self::assertSame($former, (new Guard(new MemorySeen()))->admit([Keys::fromSecret(self::SECRET), $former], $headers, '{}', self::NOW));
    }

    /**
     * @dataProvider strangers
     */
    public function testNobodyElseIsLetIn(string $key, string $id, string $body, int $off, string $word): void
    {
        $keys = Keys::fromSecret(self::SECRET);
        $headers = Signature::headers($key, $id, self::NOW + $off, $body);

        self::assertSame([401, $word], self::refusal(new Guard(new MemorySeen()), [$keys], $headers, '{}', self::NOW));
    }

    public function testARefusedCallIsNotRemembered(): void
    {
        $keys = Keys::fromSecret(self::SECRET);
        $seen = new MemorySeen();
        self::refusal(new Guard($seen), [$keys], Signature::headers($keys->k2, 'call_1', self::NOW - 400, '{}'), '{}', self::NOW);

        self::assertSame([], $seen->known);
    }

    /**
     * @return array<string, array{0: string, 1: string, 2: string, 3: int, 4: string}>
     */
    public function strangers(): array
    {
        $keys = Keys::fromSecret(self::SECRET);

        return [
            'another secret' => [Keys::fromSecret(self::OTHER)->k2, 'call_1', '{}', 0, 'signature'],
            'an event of ours sent back' => [$keys->k1, 'call_1', '{}', 0, 'signature'],
            'an answer of ours sent back' => [$keys->k3, 'call_1', '{}', 0, 'signature'],
            'another body' => [$keys->k2, 'call_1', '{"do":"health"}', 0, 'signature'],
            'no id' => [$keys->k2, '', '{}', 0, 'signature'],
            'too old' => [$keys->k2, 'call_1', '{}', -301, 'clock'],
            'from the future' => [$keys->k2, 'call_1', '{}', 301, 'clock'],
        ];
    }

    /**
     * @param Keys[]                $accepted
     * @param array<string, string> $headers
     *
     * @return array{0: int, 1: string}
     */
    private static function refusal(Guard $guard, array $accepted, array $headers, string $body, int $now): array
    {
        try {
            $guard->admit($accepted, $headers, $body, $now);
        } catch (NotAdmitted $refusal) {
            return [$refusal->status, $refusal->word];
        }
        self::fail('the call was let in');
    }
}
