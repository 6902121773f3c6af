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

use Shopbridge\Api\Answer;
use Shopbridge\Core\Database;
use Shopbridge\Money\BodyCheck;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The calls about orders, each under the lock of its key.
 */
final class OrderCalls
{
    /** Seconds to wait for another call about the same order. */
    const WAIT = 8;

    /** Seconds to wait for another order: the hub's own patience is longer. */
    const WAIT_FOR_OTHERS = 12;

    /** What only one call does at a time: the core reads stock and invoice numbers, and writes them later. */
    const WRITING = 'writing';

    /** @var Database */
    private $database;
    /** @var Lock */
    private $lock;
    /** @var Keys */
    private $keys;
    /** @var Records */
    private $records;
    /** @var Describe */
    private $describe;
    /** @var Parts */
    private $parts;
    /** @var States */
    private $states;
    /** @var \PaymentModule */
    private $module;

    public function __construct(\PaymentModule $module, Database $database)
    {
        $this->module = $module;
        $this->database = $database;
        $this->lock = new Lock($database, _DB_NAME_ . '.' . _DB_PREFIX_);
        $this->keys = new Keys($database);
        $this->records = new Records($database, $this->keys);
        $this->describe = new Describe($this->records, $this->keys);
        $this->parts = new Parts();
        $this->states = new States($this->parts);
    }

    /**
     * @param array<string, mixed> $body
     */
    public function create(array $body, int $shop): Answer
    {
        $problems = BodyCheck::problems($body);
        if ($problems !== []) {
            return Answer::refused($problems);
        }
        $this->makeParts();

        return $this->locked($body['key'], function () use ($body, $shop): Answer {
            $create = new CreateOrder($this->module, $this->database, $this->keys, $this->records, $this->describe, $this->parts, $shop);

            return $create->run($body, function (callable $place) {
                return $this->lock->beside(self::WRITING, self::WAIT_FOR_OTHERS, $place);
            });
        });
    }

    /**
     * @param array<string, mixed> $given
     */
    public function find(array $given): Answer
    {
        $key = $this->keyOf($given);
        $order = $this->records->orderOf($key);
        if ($order > 0) {
            return new Answer(200, $this->describe->whole($order));
        }
        $known = $this->keys->find($key);

        return $known !== null && $known->state === Key::DONE
            ? new Answer(404, ['code' => 'order_deleted', 'order_id' => (string) $known->order])
            : Answer::notFound();
    }

    /**
     * @param array<string, mixed> $given
     * @param int[]                $shops
     */
    public function list(array $given, array $shops): Answer
    {
        return (new ListOrders($this->database, new \DateTimeZone((string) \Configuration::get('PS_TIMEZONE')), $shops))->run($given);
    }

    /**
     * @param array<string, mixed> $given
     */
    public function ship(array $given): Answer
    {
        return $this->changed($given, [new ShipOrder($this->database, $this->records, $this->keys, $this->describe, $this->states), 'run']);
    }

    /**
     * @param array<string, mixed> $given
     */
    public function cancel(array $given): Answer
    {
        return $this->changed($given, [new CancelOrder($this->database, $this->records, $this->keys, $this->describe, $this->states), 'run']);
    }

    /**
     * @param array<string, mixed> $given
     */
    public function refund(array $given): Answer
    {
        return $this->changed($given, [new RefundOrder($this->database, $this->records, $this->keys, $this->describe, $this->states), 'run']);
    }

    /**
     * @param array<string, mixed> $given
     */
    public function status(array $given): Answer
    {
        $taxes = new Taxes($this->database, $this->parts);

        return $this->changed($given, [new ShowStatus($this->records, $this->keys, $this->describe, $this->states, $taxes), 'run']);
    }

    /**
     * @param array<string, mixed> $given
     */
    private function changed(array $given, callable $change): Answer
    {
        $key = $this->keyOf($given);

        return $this->locked($key, function () use ($key, $given, $change): Answer {
            $order = $this->records->orderOf($key);

            return $order === 0 ? Answer::notFound() : $this->lock->beside(self::WRITING, self::WAIT_FOR_OTHERS, static function () use ($change, $order, $given): Answer {
                return $change($order, $given);
            }) ?? new Answer(423, ['code' => 'busy']);
        });
    }

    private function locked(string $key, callable $do): Answer
    {
        if (!$this->lock->take('order.' . $key, self::WAIT)) {
            return new Answer(423, ['code' => 'busy']);
        }
        try {
            return $do();
        } finally {
            $this->lock->release('order.' . $key);
        }
    }

    /**
     * Two first orders at once would each make a carrier.
     */
    private function makeParts(): void
    {
        if (!$this->lock->take('parts', self::WAIT)) {
            return;
        }
        try {
            $this->parts->carrier();
            $this->parts->heldState();
            $this->parts->tax(Parts::TAX_REMITTED);
            $this->parts->tax(Parts::TAX_SELLER);
        } finally {
            $this->lock->release('parts');
        }
    }

    /**
     * @param array<string, mixed> $given
     */
    private function keyOf(array $given): string
    {
        return is_string($given['key'] ?? null) ? $given['key'] : '';
    }
}
