<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Order;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What the module keeps about one TikTok order: a row `creating` with its cart is there before the shop is asked for an order.
 */
final class Key
{
    const CREATING = 'creating';
    const DONE = 'done';

    /** @var string */
    public $key;
    /** @var int */
    public $shop;
    /** @var string */
    public $state = self::CREATING;
    /** @var int */
    public $cart;
    /** @var int */
    public $order = 0;
    /** @var string hash of what makes two bodies the same order */
    public $digest;
    /** @var array<string, mixed> the body that the order was made from, without the buyer */
    public $body;
    /** @var array<string, mixed> what was found out while it was made, and what TikTok Shop says since */
    public $facts = [];
    /** @var int Unix seconds of the try that made, or makes, the order */
    public $createdAt;

    /** Fields that move by themselves between two tries of one order. */
    const MOVING = ['state', 'note', 'hold_until', 'ship_by', 'paid_at', 'shipping_type'];

    /**
     * @param array<string, mixed> $body
     */
    public function __construct(string $key, int $shop, int $cart, array $body, int $now)
    {
        $this->key = $key;
        $this->shop = $shop;
        $this->cart = $cart;
        $this->createdAt = $now;
        $this->take($body);
    }

    /**
     * Another body for the same key, before there is an order.
     *
     * @param array<string, mixed> $body
     */
    public function take(array $body): void
    {
        $this->digest = self::digestOf($body);
        $this->body = array_diff_key($body, array_flip(['buyer', 'ship_to', 'bill_to']));
    }

    /**
     * @param array<string, mixed> $body
     */
    public static function digestOf(array $body): string
    {
        return hash('sha256', (string) json_encode(self::sorted(array_diff_key($body, array_flip(self::MOVING)))));
    }

    /**
     * What a second call for this key is answered with.
     *
     * @param int  $order the order of this key's cart or number, 0 where there is none
     * @param bool $whole whether the shop finished that order
     *
     * @return string one of `make`, `deleted`, `half_made`, `found`
     */
    public function nextStep(int $order, bool $whole): string
    {
        if ($order === 0) {
            return $this->state === self::DONE ? 'deleted' : 'make';
        }

        return $whole || $this->state === self::DONE ? 'found' : 'half_made';
    }

    /**
     * @param mixed $value
     *
     * @return mixed
     */
    private static function sorted($value)
    {
        if (!is_array($value)) {
            return $value;
        }
        if ($value !== [] && array_keys($value) !== range(0, count($value) - 1)) {
            ksort($value);
        }

        return array_map([self::class, 'sorted'], $value);
    }
}
