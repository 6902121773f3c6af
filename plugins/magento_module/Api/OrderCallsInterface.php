<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Api;

/**
 * The hub's calls about orders of TikTok Shop (plugin contract, section 3). Bodies are read from the request as they
 * are: amounts are texts there, and every problem is named by its place.
 *
 * @api
 */
interface OrderCallsInterface
{
    /**
     * Creates an order once per key.
     *
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function create(): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * The order of a key.
     *
     * @param string $key
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function find(string $key): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * The ledger: one row per order of TikTok Shop.
     *
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function list(): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * Ships once per ship_key.
     *
     * @param string $key
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function ship(string $key): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * Cancels; once more is the same.
     *
     * @param string $key
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function cancel(string $key): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * Refunds once per refund_key.
     *
     * @param string $key
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function refund(string $key): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * TikTok Shop's status and dates for show; hold and release.
     *
     * @param string $key
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function status(string $key): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;
}
