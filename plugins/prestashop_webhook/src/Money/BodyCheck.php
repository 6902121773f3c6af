<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Money;

use Shopbridge\Api\Moment;
use Shopbridge\Api\Problem;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The contract's rules for the body of `orders.create`: its shape, and every rule of money, each checked from the contract's words.
 */
final class BodyCheck
{
    const STATES = ['unpaid', 'on_hold', 'paid', 'shipped', 'delivered', 'completed'];

    /** Currencies whose amounts are whole in TikTok Shop. */
    const WHOLE_CURRENCIES = ['JPY', 'KRW', 'VND', 'CLP', 'ISK'];

    const LINE_MONEY = ['gross', 'seller_discount', 'platform_discount', 'net', 'tax'];
    const SHIPPING_MONEY = ['gross', 'seller_discount', 'platform_discount', 'cofunded_discount', 'net', 'tax'];
    const TOTALS = ['goods', 'shipping', 'fees', 'tax', 'grand'];

    /** @var array<int, array{code: string, where: string, says: string}> */
    private $found = [];

    /**
     * All problems of a body; the rules of money are asked only where its shape is right.
     *
     * @param array<string, mixed> $body
     *
     * @return array<int, array{code: string, where: string, says: string}>
     */
    public static function problems(array $body): array
    {
        $check = new self();
        $check->shape($body);
        if ($check->found === []) {
            $check->money($body);
        }

        return $check->found;
    }

    /**
     * @param array<string, mixed> $body
     */
    private function shape(array $body): void
    {
        foreach (['key', 'store', 'currency', 'tax_remitted_by', 'state', 'placed_at'] as $name) {
            if ($this->text($body, $name, $name) === '' && $name !== 'store') {
                $this->malformed($name, 'is empty');
            }
        }
        if (is_string($body['key'] ?? null) && strlen($body['key']) > 64) {
            $this->malformed('key', 'is longer than 64 characters');
        }
        if (!in_array($body['tax_remitted_by'] ?? null, ['tiktok', 'seller'], true)) {
            $this->malformed('tax_remitted_by', 'is tiktok or seller');
        }
        if (!in_array($body['state'] ?? null, self::STATES, true)) {
            $this->malformed('state', 'is one of ' . implode(', ', self::STATES));
        }
        foreach (['placed_at', 'paid_at', 'hold_until', 'ship_by'] as $name) {
            $given = $body[$name] ?? null;
            if (is_string($given) && $given !== '' && Moment::parse($given) === null) {
                $this->malformed($name, 'is not an RFC 3339 time');
            }
        }
        if (!is_bool($body['prices_include_tax'] ?? null)) {
            $this->malformed('prices_include_tax', 'is true or false');
        }
        $this->shapeOfLines($this->rows($body, 'lines'));
        if (($body['lines'] ?? null) === []) {
            $this->malformed('lines', 'is empty');
        }
        $shipping = $this->object($body, 'shipping');
        foreach ($shipping === null ? [] : self::SHIPPING_MONEY as $name) {
            $this->amount($shipping, $name, "shipping.$name");
        }
        foreach ($this->rows($body, 'fees') as $place => $fee) {
            foreach (['code', 'title'] as $name) {
                $this->text($fee, $name, "fees.$place.$name");
            }
            foreach (['amount', 'tax'] as $name) {
                $this->amount($fee, $name, "fees.$place.$name");
            }
        }
        $totals = $this->object($body, 'totals');
        foreach ($totals === null ? [] : self::TOTALS as $name) {
            $this->amount($totals, $name, "totals.$name");
        }
        $shipTo = $this->object($body, 'ship_to');
        if ($shipTo !== null) {
            $this->text($shipTo, 'name', 'ship_to.name');
            $this->text($shipTo, 'country', 'ship_to.country');
            if (!is_array($shipTo['lines'] ?? null) || array_filter($shipTo['lines'], 'is_string') !== $shipTo['lines']) {
                $this->malformed('ship_to.lines', 'is a list of texts');
            }
        }
        $this->object($body, 'buyer');
        $this->object($body, 'payment');
    }

    /**
     * @param array<int, array<string, mixed>> $lines
     */
    private function shapeOfLines(array $lines): void
    {
        foreach ($lines as $place => $line) {
            $ids = $line['line_ids'] ?? null;
            $texts = is_array($ids) ? array_filter($ids, static function ($id): bool {
                return is_string($id) && $id !== '';
            }) : [];
            if (!is_array($ids) || $ids === [] || $texts !== $ids) {
                $this->malformed("lines.$place.line_ids", 'is a list of ids in text');
            }
            if (!is_int($line['quantity'] ?? null)) {
                $this->malformed("lines.$place.quantity", 'is a whole number');
            }
            foreach (['product_id', 'variant_id', 'sku', 'title'] as $name) {
                $this->text($line, $name, "lines.$place.$name");
            }
            foreach (self::LINE_MONEY as $name) {
                $this->amount($line, $name, "lines.$place.$name");
            }
        }
    }

    /**
     * @param array<string, mixed> $body
     */
    private function money(array $body): void
    {
        $goods = $tax = 0;
        $seen = [];
        foreach ($body['lines'] as $place => $line) {
            $this->sum('line_sum', "lines.$place.net", $line['net'], Amount::of($line['gross']) - Amount::of($line['seller_discount'])
                - Amount::of($line['platform_discount']));
            if ($line['quantity'] !== count($line['line_ids'])) {
                $this->problem('line_ids', "lines.$place.line_ids", 'one TikTok line is one unit');
            }
            if (array_intersect($line['line_ids'], $seen) !== [] || count(array_unique($line['line_ids'])) !== count($line['line_ids'])) {
                $this->problem('line_ids', "lines.$place.line_ids", 'a line id stands twice');
            }
            $seen = array_merge($seen, $line['line_ids']);
            $goods += Amount::of($line['net']);
            $tax += Amount::of($line['tax']);
        }
        $shipping = $body['shipping'];
        $this->sum('shipping_sum', 'shipping.net', $shipping['net'], Amount::of($shipping['gross']) - Amount::of($shipping['seller_discount'])
            - Amount::of($shipping['platform_discount']) - Amount::of($shipping['cofunded_discount']));
        $this->precision($body);
        $fees = 0;
        foreach ($body['fees'] as $fee) {
            $fees += Amount::of($fee['amount']);
            $tax += Amount::of($fee['tax']);
        }
        $tax += Amount::of($shipping['tax']);
        $totals = $body['totals'];
        $this->sum('goods_sum', 'totals.goods', $totals['goods'], $goods);
        $this->sum('shipping_sum', 'totals.shipping', $totals['shipping'], Amount::of($shipping['net']));
        $this->sum('fees_sum', 'totals.fees', $totals['fees'], $fees);
        $this->sum('tax_sum', 'totals.tax', $totals['tax'], $tax);
        $this->sum('grand_sum', 'totals.grand', $totals['grand'], Amount::of($totals['goods']) + Amount::of($totals['shipping'])
            + Amount::of($totals['fees']) + ($body['prices_include_tax'] ? 0 : Amount::of($totals['tax'])));
    }

    /**
     * @param array<string, mixed> $body
     */
    private function precision(array $body): void
    {
        $places = in_array($body['currency'], self::WHOLE_CURRENCIES, true) ? 0 : 2;
        $amounts = [];
        foreach ($body['lines'] as $place => $line) {
            foreach (self::LINE_MONEY as $name) {
                $amounts["lines.$place.$name"] = $line[$name];
            }
        }
        foreach (self::SHIPPING_MONEY as $name) {
            $amounts["shipping.$name"] = $body['shipping'][$name];
        }
        foreach ($body['fees'] as $place => $fee) {
            $amounts["fees.$place.amount"] = $fee['amount'];
            $amounts["fees.$place.tax"] = $fee['tax'];
        }
        foreach (self::TOTALS as $name) {
            $amounts["totals.$name"] = $body['totals'][$name];
        }
        foreach ($amounts as $where => $amount) {
            if (Amount::of($amount) !== Amount::rounded(Amount::of($amount), $places)) {
                $this->problem('precision', $where, "$amount is not a whole amount of {$body['currency']}");
            }
        }
    }

    private function sum(string $code, string $where, string $said, int $is): void
    {
        if (Amount::of($said) !== $is) {
            $this->problem($code, $where, "is $said, its parts make " . Amount::text($is, 2));
        }
    }

    /**
     * @param array<string, mixed> $holder
     */
    private function text(array $holder, string $name, string $where): ?string
    {
        if (!is_string($holder[$name] ?? null)) {
            $this->malformed($where, 'is missing or no text');

            return null;
        }

        return $holder[$name];
    }

    /**
     * @param array<string, mixed> $holder
     */
    private function amount(array $holder, string $name, string $where): void
    {
        if (Amount::parse($holder[$name] ?? null) === null) {
            $this->malformed($where, 'is not a decimal number in text');
        }
    }

    /**
     * @param array<string, mixed> $holder
     *
     * @return array<string, mixed>|null
     */
    private function object(array $holder, string $name): ?array
    {
        if (!is_array($holder[$name] ?? null)) {
            $this->malformed($name, 'is missing or no object');

            return null;
        }

        return $holder[$name];
    }

    /**
     * @param array<string, mixed> $holder
     *
     * @return array<int, array<string, mixed>>
     */
    private function rows(array $holder, string $name): array
    {
        $rows = $holder[$name] ?? null;
        if (!is_array($rows) || array_filter($rows, 'is_array') !== $rows || array_values($rows) !== $rows) {
            $this->malformed($name, 'is missing or no list of objects');

            return [];
        }

        return $rows;
    }

    private function malformed(string $where, string $says): void
    {
        $this->problem('malformed', $where, $says);
    }

    private function problem(string $code, string $where, string $says): void
    {
        $this->found[] = Problem::of($code, $where, $says);
    }
}
