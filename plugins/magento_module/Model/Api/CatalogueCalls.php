<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Api;

use Shopbridge\TikTokShop\Api\CatalogueCallsInterface;
use Shopbridge\TikTokShop\Api\Data\AnswerInterface;
use Shopbridge\TikTokShop\Model\Digest\Digest;
use Shopbridge\TikTokShop\Model\Health\Report;
use Shopbridge\TikTokShop\Model\Listing\Listings;
use Shopbridge\TikTokShop\Model\Offers\Offers;

/**
 * The hub's calls about products and about the module: hands each one to the class that does it.
 */
class CatalogueCalls implements CatalogueCallsInterface
{
    public function __construct(
        private readonly Call $call,
        private readonly Offers $offers,
        private readonly Digest $digest,
        private readonly Listings $listings,
        private readonly Report $health
    ) {
    }

    /**
     * @inheritdoc
     */
    public function offers(): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->offers->of($this->call->body()));
    }

    /**
     * @inheritdoc
     */
    public function digest(): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->digest->page(
            $this->call->query('store'),
            $this->call->query('cursor'),
            $this->call->query('limit')
        ));
    }

    /**
     * @inheritdoc
     */
    public function listings(): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => $this->listings->put($this->call->body()));
    }

    /**
     * @inheritdoc
     */
    public function health(): AnswerInterface
    {
        return $this->call->answer(fn (): AnswerInterface => new Answer($this->health->facts() + ['checks' => $this->health->checks()]));
    }
}
