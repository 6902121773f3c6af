<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit;

use InvalidArgumentException;
use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Signature;

/**
 * @feature MOD-01
 */
class SignatureTest extends TestCase
{
    /**
     * @return array<string, array{0: array<string, string>}>
     */
    public static function secrets(): array
    {
        return self::named('secrets');
    }

    /**
     * @return array<string, array{0: array<string, string>}>
     */
    public static function messages(): array
    {
        return self::named('messages');
    }

    /**
     * @return array<string, array{0: array<string, string>}>
     */
    public static function wrong(): array
    {
        return self::named('wrong');
    }

    /**
     * @dataProvider secrets
     * @param array<string, string> $vector
     */
    public function testTheFourKeysOfASecretAreThoseOfTheHub(array $vector): void
    {
        $keys = array_map('bin2hex', (new Signature())->keys($vector['secret']));
        self::assertSame(
            ['k1' => $vector['k1'], 'k2' => $vector['k2'], 'k3' => $vector['k3'], 'k4' => $vector['k4']],
            $keys
        );
    }

    /**
     * @dataProvider messages
     * @param array<string, string> $vector
     */
    public function testAMessageIsSignedAndRecognised(array $vector): void
    {
        $signature = new Signature();
        $key = $signature->keys($vector['secret'])[$vector['key']];
        self::assertSame(
            $vector['webhook-signature'],
            $signature->sign($key, $vector['webhook-id'], $vector['webhook-timestamp'], $vector['body'])
        );
        self::assertTrue($signature->isSigned($key, $vector, $vector['body']));
    }

    /**
     * @dataProvider wrong
     * @param array<string, string> $vector
     */
    public function testAWrongMessageIsNotRecognised(array $vector): void
    {
        $signature = new Signature();
        $key = $signature->keys($vector['secret'])[$vector['key']];
        self::assertFalse($signature->isSigned($key, $vector, $vector['body']));
    }

    public function testOneOfTwoSignaturesIsEnoughAndNoneIsTooFew(): void
    {
        $signature = new Signature();
        $headers = ['webhook-id' => 'a', 'webhook-timestamp' => '1'];
        $right = $signature->sign('key', 'a', '1', 'body');
        self::assertTrue($signature->isSigned('key', $headers + ['webhook-signature' => 'v1,AAAA ' . $right], 'body'));
        self::assertFalse($signature->isSigned('key', $headers, 'body'));
    }

    public function testASecretThatIsCutOffIsRefused(): void
    {
        $this->expectException(InvalidArgumentException::class);
        (new Signature())->keys('whsec_o7NcdFfE9bPExUGwOXyXj8h9t7u1');
    }

    /**
     * @return array<string, array{0: array<string, string>}>
     */
    private static function named(string $list): array
    {
        $cases = [];
        foreach (shopbridge_vectors('signature')[$list] as $one) {
            $cases[$one['name']] = [$one];
        }
        return $cases;
    }
}
