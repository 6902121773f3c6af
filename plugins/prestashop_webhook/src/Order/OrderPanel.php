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

use Shopbridge\Api\Moment;
use Shopbridge\Core\Database;
use Shopbridge\Money\Amount;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What TikTok Shop says about an order, beside it in the back office: status, dates, who owes the tax, and every charge by its name.
 */
final class OrderPanel
{
    /** @var \Module */
    private $module;
    /** @var Database */
    private $database;

    public function __construct(\Module $module, Database $database)
    {
        $this->module = $module;
        $this->database = $database;
    }

    /**
     * Empty for an order that is not TikTok Shop's.
     */
    public function show(int $order): string
    {
        $key = $order > 0 ? (new Keys($this->database))->ofOrder($order) : null;
        if ($key === null) {
            return '';
        }
        $smarty = \Context::getContext()->smarty;
        $smarty->assign('shopbridge_order', [
            'key' => $key->key,
            'status' => self::words((string) ($key->facts['status'] ?? '')),
            'dates' => $this->dates((array) ($key->facts['dates'] ?? [])),
            'rows' => $this->rows($key),
            'parcels' => (new Records($this->database, new Keys($this->database)))->parcels($order),
            'is_remitted' => ($key->body['tax_remitted_by'] ?? '') === 'tiktok',
            'is_oversold' => (bool) ($key->facts['oversold'] ?? false),
            'reason' => (string) ($key->facts['reason'] ?? ''),
        ]);

        return $this->module->fetch('module:shopbridge/views/templates/hook/order_panel.tpl');
    }

    /**
     * `AWAITING_COLLECTION` as a person writes it.
     */
    private static function words(string $name): string
    {
        return ucfirst(strtolower(str_replace('_', ' ', $name)));
    }

    /**
     * The dates that the hub told, each under its name and in the shop's own time.
     *
     * @param array<string, mixed> $dates
     *
     * @return array<string, string>
     */
    private function dates(array $dates): array
    {
        $found = [];
        foreach ($dates as $name => $date) {
            $moment = Moment::parse($date);
            $found[self::words((string) $name)] = $moment === null ? (string) $date : (string) \Tools::displayDate(date('Y-m-d H:i:s', $moment), true);
        }

        return $found;
    }

    /**
     * Charges and discounts of TikTok Shop under their own names, which PrestaShop's sums put together.
     *
     * @return array<int, array{title: string, amount: string}>
     */
    private function rows(Key $key): array
    {
        $body = $key->body;
        $seller = $platform = 0;
        foreach ($body['lines'] as $line) {
            $seller -= Amount::of($line['seller_discount']);
            $platform -= Amount::of($line['platform_discount']);
        }
        $shipping = $body['shipping'];
        $translator = $this->module->getTranslator();
        $rows = [
            [$translator->trans('Your discount', [], 'Modules.Shopbridge.Admin'), $seller],
            [$translator->trans('TikTok Shop discount', [], 'Modules.Shopbridge.Admin'), $platform],
            [$translator->trans('Your discount on shipping', [], 'Modules.Shopbridge.Admin'), -Amount::of($shipping['seller_discount'])],
            [
                $translator->trans('TikTok Shop discount on shipping', [], 'Modules.Shopbridge.Admin'),
                -Amount::of($shipping['platform_discount']) - Amount::of($shipping['cofunded_discount']),
            ],
        ];
        foreach ($body['fees'] as $fee) {
            $rows[] = [$fee['title'], Amount::of($fee['amount'])];
        }
        if ($body['tax_remitted_by'] === 'tiktok') {
            $rows[] = [
                $translator->trans('Tax collected and remitted by TikTok Shop', [], 'Modules.Shopbridge.Admin'), Amount::of($body['totals']['tax']),
            ];
        }
        $found = [];
        foreach ($rows as list($title, $amount)) {
            if ($amount !== 0) {
                $found[] = ['title' => $title, 'amount' => Amount::text($amount, 2) . ' ' . $body['currency']];
            }
        }

        return $found;
    }
}
