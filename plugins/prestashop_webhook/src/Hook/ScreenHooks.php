<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Hook;

use Shopbridge\Event\Log;
use Shopbridge\Listing\ProductGrid;
use Shopbridge\Listing\ProductPanel;
use Shopbridge\Listing\Statuses;
use Shopbridge\Order\OrderPanel;
use Shopbridge\Services;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What the back office shows of TikTok Shop: a column in the list of products, a panel on a product and one beside an order.
 */
trait ScreenHooks
{
    /**
     * What TikTok Shop says about the order, beside it in the back office.
     */
    public function hookDisplayAdminOrderSide($params): string
    {
        try {
            return (new OrderPanel($this, Services::database()))->show((int) ($params['id_order'] ?? 0));
        } catch (\Throwable $failure) {
            Log::failure($failure);

            return '';
        }
    }

    public function hookDisplayAdminProductsExtra($params): string
    {
        try {
            return (new ProductPanel($this, Services::database(), $this->statuses()))->show((int) ($params['id_product'] ?? 0));
        } catch (\Throwable $failure) {
            Log::failure($failure);

            return '';
        }
    }

    public function hookActionProductGridDefinitionModifier($params): void
    {
        try {
            $this->productGrid()->define($params['definition'], $this->trans('All', [], 'Modules.Shopbridge.Admin'));
        } catch (\Throwable $failure) {
            Log::failure($failure);
        }
    }

    public function hookActionProductGridQueryBuilderModifier($params): void
    {
        try {
            $this->productGrid()->ask($params['search_query_builder'], $params['count_query_builder'], (array) $params['search_criteria']->getFilters());
        } catch (\Throwable $failure) {
            Log::failure($failure);
        }
    }

    public function hookActionProductGridDataModifier($params): void
    {
        try {
            $params['data'] = $this->productGrid()->show($params['data']);
        } catch (\Throwable $failure) {
            Log::failure($failure);
        }
    }

    private function productGrid(): ProductGrid
    {
        return new ProductGrid(Services::database(), $this->statuses());
    }

    private function statuses(): Statuses
    {
        return new Statuses(function (string $text): string {
            return $this->trans($text, [], 'Modules.Shopbridge.Admin');
        });
    }
}
