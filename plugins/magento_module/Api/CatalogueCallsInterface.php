<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Api;

/**
 * The hub's calls about products, and about the module itself (plugin contract, section 3).
 *
 * @api
 */
interface CatalogueCallsInterface
{
    /**
     * Price now, salable quantity and status of up to 500 products.
     *
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function offers(): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * One opaque hash per sellable SKU, in id order.
     *
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function digest(): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * What the product grid shows of TikTok Shop, up to 500 rows.
     *
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function listings(): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;

    /**
     * Facts about the shop and the checks of the health page.
     *
     * @return \Shopbridge\TikTokShop\Api\Data\AnswerInterface
     */
    public function health(): \Shopbridge\TikTokShop\Api\Data\AnswerInterface;
}
