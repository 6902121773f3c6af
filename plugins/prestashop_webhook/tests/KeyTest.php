<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Order\Key;

/**
 * What happens to a TikTok order id that is seen again.
 */
final class KeyTest extends TestCase
{
    /**
     * @dataProvider steps
     */
    public function testAKeyThatIsKnownNeverMakesASecondOrder(string $state, int $order, bool $whole, string $step): void
    {
        $key = new Key('576461413038785752', 1, 7, ['key' => '576461413038785752'], 0);
        $key->state = $state;

        self::assertSame($step, $key->nextStep($order, $whole));
    }

    /**
     * @return array<string, array{0: string, 1: int, 2: bool, 3: string}>
     */
    public function steps(): array
    {
        return [
            'died before there was an order' => [Key::CREATING, 0, false, 'make'],
            'died inside the shop' => [Key::CREATING, 41, false, 'half_made'],
            'died after the shop was done' => [Key::CREATING, 41, true, 'found'],
            'made' => [Key::DONE, 41, true, 'found'],
            'made, and changed by the merchant since' => [Key::DONE, 41, false, 'found'],
            'made, and deleted since' => [Key::DONE, 0, false, 'deleted'],
        ];
    }

    public function testWhatMovesByItselfIsNoOtherOrder(): void
    {
        $body = ['key' => '1', 'state' => 'on_hold', 'note' => '', 'hold_until' => null, 'ship_by' => null, 'paid_at' => null,
            'shipping_type' => 'seller', 'totals' => ['grand' => '1.00', 'tax' => '0.00']];
        $later = ['note' => 'ring twice', 'state' => 'paid', 'totals' => ['tax' => '0.00', 'grand' => '1.00']] + $body;

        self::assertSame(Key::digestOf($body), Key::digestOf($later));
        self::assertNotSame(Key::digestOf($body), Key::digestOf(['totals' => ['grand' => '1.01', 'tax' => '0.00']] + $body));
        self::assertNotSame(Key::digestOf(['lines' => [['a' => 1], ['a' => 2]]]), Key::digestOf(['lines' => [['a' => 2], ['a' => 1]]]));
    }

    public function testTheBuyerIsNotKeptInTheModulesOwnTable(): void
    {
        $key = new Key('1', 1, 7, ['key' => '1', 'buyer' => ['name' => 'J'], 'ship_to' => ['name' => 'J'], 'bill_to' => null, 'currency' => 'USD'], 0);

        self::assertSame(['key' => '1', 'currency' => 'USD'], $key->body);
    }
}
