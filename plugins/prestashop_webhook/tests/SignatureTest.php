<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Crypto\Keys;
use Shopbridge\Crypto\Signature;

/**
 * The same vectors as the hub's own test reads.
 */
final class SignatureTest extends TestCase
{
    /**
     * @dataProvider secrets
     *
     * @param array<string, string> $given
     */
    public function testEachSecretGivesItsFourKeys(array $given): void
    {
        $keys = Keys::fromSecret($given['secret']);
        foreach (['k1', 'k2', 'k3', 'k4'] as $name) {
            self::assertSame($given[$name], bin2hex($keys->$name), $name);
        }
    }

    /**
     * @dataProvider messages
     *
     * @param array<string, string> $given
     */
    public function testMessagesAreSignedAsTheHubSignsThem(array $given): void
    {
        $key = Keys::fromSecret($given['secret'])->{$given['key']};
        $headers = Signature::headers($key, $given['webhook-id'], (int) $given['webhook-timestamp'], $given['body']);

        self::assertSame($given['webhook-signature'], $headers['webhook-signature']);
        self::assertTrue(Signature::isSignedBy($key, $given, $given['body']));
    }

    /**
     * @dataProvider wrong
     *
     * @param array<string, string> $given
     */
    public function testMessagesThatWereChangedOrReflectedAreRefused(array $given): void
    {
        self::assertFalse(Signature::isSignedBy(Keys::fromSecret($given['secret'])->{$given['key']}, $given, $given['body']));
    }

    public function testOneOfSeveralSignaturesIsEnough(): void
    {
        $headers = Signature::headers('key', 'msg_1', 1795780800, '{}');
        $headers['webhook-signature'] = 'v1,AAAA ' . $headers['webhook-signature'];

        self::assertTrue(Signature::isSignedBy('key', $headers, '{}'));
    }

    public function testAMessageIsFreshForFiveMinutesEitherWay(): void
    {
        foreach ([-300 => true, 300 => true, -301 => false, 301 => false] as $off => $fresh) {
            self::assertSame($fresh, Signature::isFresh(['webhook-timestamp' => (string) (1795780800 + $off)], 1795780800), (string) $off);
        }
        self::assertFalse(Signature::isFresh(['webhook-timestamp' => 'yesterday'], 1795780800));
    }

    public function testACutSecretIsRefused(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        Keys::fromSecret('whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1');
    }

    /** @return array<string, array{array<string, string>}> */
    public function secrets(): array
    {
        return self::vectors('secrets');
    }

    /** @return array<string, array{array<string, string>}> */
    public function messages(): array
    {
        return self::vectors('messages');
    }

    /** @return array<string, array{array<string, string>}> */
    public function wrong(): array
    {
        return self::vectors('wrong');
    }

    /** @return array<string, array{array<string, string>}> */
    private static function vectors(string $part): array
    {
        $all = json_decode((string) file_get_contents(__DIR__ . '/../../../tests/vectors/signature.json'), true);

        return array_map(static function (array $one): array {
            return [$one];
        }, array_column($all[$part], null, 'name'));
    }
}
