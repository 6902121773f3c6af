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

use Shopbridge\Event\Recorder;
use Shopbridge\Event\Subject;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Stock rows. `actionUpdateQuantity` alone would miss every simple product that the webservice writes.
 */
trait StockHooks
{
    public function hookActionObjectStockAvailableAddAfter($params): void
    {
        $this->stockRowSaved($params);
    }

    public function hookActionObjectStockAvailableUpdateAfter($params): void
    {
        $this->stockRowSaved($params);
    }

    public function hookActionUpdateQuantity($params): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($params): void {
            $hint = isset($params['quantity']) ? ['qty' => (string) $params['quantity']] : [];
            $shop = (int) ($params['id_shop'] ?? 0);
            $subject = new Subject('product', (int) ($params['id_product'] ?? 0), (int) ($params['id_product_attribute'] ?? 0));
            $recorder->record('stock.changed', $subject, $shop > 0 ? [$shop] : $shops, $hint);
        });
    }

    private function stockRowSaved($params): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($params): void {
            $row = $params['object'];
            $subject = new Subject('product', (int) $row->id_product, (int) $row->id_product_attribute);
            // Shop 0: a group that shares its stock.
            $recorder->record('stock.changed', $subject, (int) $row->id_shop > 0 ? [(int) $row->id_shop] : $shops, ['qty' => (string) $row->quantity]);
        });
    }
}
