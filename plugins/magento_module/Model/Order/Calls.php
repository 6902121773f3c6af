<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Shopbridge\TikTokShop\Api\Data\AnswerInterface;
use Shopbridge\TikTokShop\Api\OrderCallsInterface;
use Shopbridge\TikTokShop\Model\Api\Answer;
use Shopbridge\TikTokShop\Model\Api\Call;

/**
 * The hub's calls about orders: hands each one to the class that does it.
 */
class Calls implements OrderCallsInterface
{
    public function __construct(
        private readonly Call $call,
        private readonly Creator $creator,
        private readonly Finder $finder,
        private readonly Description $description,
        private readonly Ledger $ledger,
        private readonly Shipper $shipper,
        private readonly Canceller $canceller,
        private readonly Refunder $refunder,
        private readonly StatusChanger $statusChanger
    ) {
    }

    /**
     * @inheritdoc
     */
    public function create(): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->creator->create($this->call->body()));
    }

    /**
     * @inheritdoc
     */
    public function find(string $key): AnswerInterface
    {
        return $this->call->answer(function () use ($key): AnswerInterface {
            [$order, $row] = $this->finder->get($key);
            return new Answer($this->description->full($order, $row));
        });
    }

    /**
     * @inheritdoc
     */
    public function list(): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->ledger->list(
            $this->call->query('from'),
            $this->call->query('to'),
            $this->call->query('cursor'),
            $this->call->query('limit')
        ));
    }

    /**
     * @inheritdoc
     */
    public function ship(string $key): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->shipper->ship($key, $this->call->body()));
    }

    /**
     * @inheritdoc
     */
    public function cancel(string $key): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->canceller->cancel($key, $this->call->body()));
    }

    /**
     * @inheritdoc
     */
    public function refund(string $key): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->refunder->refund($key, $this->call->body()));
    }

    /**
     * @inheritdoc
     */
    public function status(string $key): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->statusChanger->change($key, $this->call->body()));
    }
}
