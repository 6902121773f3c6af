<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * Reads an order that the hub asks for, by the plugin contract's rules of money (section 3).
 */
class DraftReader
{
    public const STATES = ['unpaid', 'on_hold', 'paid', 'shipped', 'delivered', 'completed'];

    /**
     * The order, or every problem found.
     *
     * @param mixed $body the request's JSON
     * @param string[] $stores codes of the shop's store views
     * @throws Refusal with 422 and the problems
     */
    public function read(mixed $body, array $stores): Draft
    {
        $fields = new Fields();
        if (!is_array($body) || array_is_list($body)) {
            throw Refusal::problem('malformed', '', 'the body must be an object');
        }
        $currency = $fields->text($body, 'currency');
        $fields->useCurrency($currency);
        if ($currency !== '' && preg_match('/\A[A-Z]{3}\z/', $currency) !== 1) {
            $fields->complain('currency', 'currency', "$currency is not a currency code");
        }
        $key = $fields->text($body, 'key');
        if (strlen($key) > 64) {
            $fields->complain('malformed', 'key', 'key has at most 64 characters');
        }
        $store = $fields->text($body, 'store');
        if ($store !== '' && !in_array($store, $stores, true)) {
            $fields->complain('malformed', 'store', "this shop has no store view $store");
        }
        $fields->text($fields->part($body, 'shop'), 'id', 'shop.');
        $includesTax = $fields->flag($body, 'prices_include_tax');
        $remittedBy = $fields->text($body, 'tax_remitted_by');
        if (!in_array($remittedBy, ['tiktok', 'seller', ''], true)) {
            $fields->complain('malformed', 'tax_remitted_by', 'tax_remitted_by is tiktok or seller');
        }
        $state = $fields->text($body, 'state');
        if ($state !== '' && !in_array($state, self::STATES, true)) {
            $fields->complain('malformed', 'state', 'state is one of ' . implode(', ', self::STATES));
        }
        $allowBackorder = $fields->flag($body, 'allow_backorder', default: true);
        $fields->moment($body, 'placed_at');
        $fields->moment($body, 'paid_at', isRequired: false);
        $fields->moment($body, 'ship_by', isRequired: false);
        $holdUntil = $fields->moment($body, 'hold_until', isRequired: false);
        $lines = $this->lines($fields, $body);
        $shipping = $this->shipping($fields, $fields->part($body, 'shipping'));
        $fees = $this->fees($fields, $body);
        $this->people($fields, $body, $lines);
        $draft = new Draft(
            $key,
            $store,
            $currency,
            $includesTax,
            $remittedBy,
            $state,
            $state === 'on_hold' || $holdUntil !== null,
            $allowBackorder,
            $lines,
            $shipping,
            $fees,
            $body
        );
        $this->totals($fields, $fields->part($body, 'totals'), $draft);
        if ($fields->problems() !== []) {
            throw Refusal::problems($fields->problems());
        }
        return $draft;
    }

    /**
     * @param array<mixed> $body
     * @return DraftLine[]
     */
    private function lines(Fields $fields, array $body): array
    {
        $lines = [];
        foreach ($fields->rows($body, 'lines', mayBeEmpty: false) as $index => $one) {
            $lines[] = $this->line($fields, $one, "lines.$index.");
        }
        $ids = array_merge([], ...array_map(static fn (DraftLine $line): array => $line->lineIds, $lines));
        if (count($ids) !== count(array_unique($ids))) {
            $fields->complain('line_ids', 'lines', 'a line id stands twice');
        }
        return $lines;
    }

    /**
     * @param array<mixed> $one
     */
    private function line(Fields $fields, array $one, string $where): DraftLine
    {
        $ids = $one['line_ids'] ?? null;
        if (!$this->areTexts($ids) || $ids === []) {
            $fields->complain('malformed', "{$where}line_ids", 'line_ids must be a list of texts');
            $ids = [];
        }
        $quantity = $one['quantity'] ?? null;
        if (!is_int($quantity) || $quantity < 1) {
            $fields->complain('malformed', "{$where}quantity", 'quantity must be a whole number from 1');
            $quantity = 1;
        } elseif ($ids !== [] && count($ids) !== $quantity) {
            $fields->complain('line_ids', "{$where}line_ids", "$quantity units, but " . count($ids) . ' line ids');
        }
        $line = new DraftLine(
            $ids,
            $fields->text($one, 'product_id', $where, isRequired: false),
            $fields->text($one, 'variant_id', $where, isRequired: false),
            $fields->text($one, 'sku', $where),
            $fields->text($one, 'title', $where),
            $quantity,
            $fields->amount($one, 'gross', $where),
            $fields->amount($one, 'seller_discount', $where),
            $fields->amount($one, 'platform_discount', $where),
            $fields->amount($one, 'tax', $where),
            $fields->flag($one, 'virtual', $where, default: false)
        );
        $fields->sum('line_sum', "{$where}net", $fields->amount($one, 'net', $where), $line->net());
        return $line;
    }

    /**
     * @param array<mixed> $one
     */
    private function shipping(Fields $fields, array $one): DraftShipping
    {
        if ($one === []) {
            return new DraftShipping('', '', 0, 0, 0, 0, 0);
        }
        $where = 'shipping.';
        $shipping = new DraftShipping(
            $fields->text($one, 'title', $where),
            $fields->text($one, 'code', $where),
            $fields->amount($one, 'gross', $where),
            $fields->amount($one, 'seller_discount', $where),
            $fields->amount($one, 'platform_discount', $where),
            $fields->amount($one, 'cofunded_discount', $where),
            $fields->amount($one, 'tax', $where)
        );
        $fields->sum('shipping_sum', 'shipping.net', $fields->amount($one, 'net', $where), $shipping->net());
        return $shipping;
    }

    /**
     * @param array<mixed> $body
     * @return DraftFee[]
     */
    private function fees(Fields $fields, array $body): array
    {
        $fees = [];
        foreach ($fields->rows($body, 'fees', mayBeEmpty: true) as $index => $one) {
            $where = "fees.$index.";
            $fees[] = new DraftFee(
                $fields->text($one, 'code', $where),
                $fields->text($one, 'title', $where),
                $fields->amount($one, 'amount', $where, mayBeNegative: true),
                $fields->amount($one, 'tax', $where, mayBeNegative: true)
            );
        }
        return $fees;
    }

    /**
     * @param array<mixed> $body
     * @param DraftLine[] $lines
     */
    private function people(Fields $fields, array $body, array $lines): void
    {
        $buyer = $fields->part($body, 'buyer');
        $fields->text($buyer, 'name', 'buyer.', isRequired: false);
        $fields->text($buyer, 'email', 'buyer.', isRequired: false);
        $payment = $fields->part($body, 'payment');
        if ($payment !== []) {
            $fields->text($payment, 'title', 'payment.');
        }
        $hasGoods = array_filter($lines, static fn (DraftLine $line): bool => !$line->isVirtual) !== [];
        foreach (['ship_to' => $hasGoods, 'bill_to' => false] as $name => $isNeeded) {
            if (($body[$name] ?? null) === null && !$isNeeded) {
                continue;
            }
            $address = $fields->part($body, $name);
            if ($address === []) {
                continue;
            }
            $country = $fields->text($address, 'country', "$name.");
            if ($country !== '' && preg_match('/\A[A-Z]{2}\z/', $country) !== 1) {
                $fields->complain('malformed', "$name.country", 'country is two capital letters');
            }
            if (!$this->areTexts($address['lines'] ?? null)) {
                $fields->complain('malformed', "$name.lines", 'lines must be a list of texts');
            }
        }
    }

    /**
     * @param array<mixed> $said
     */
    private function totals(Fields $fields, array $said, Draft $draft): void
    {
        $amounts = [];
        foreach ($said === [] ? [] : ['goods', 'shipping', 'fees', 'tax', 'grand'] as $name) {
            $amounts[$name] = $fields->amount($said, $name, 'totals.', in_array($name, ['fees', 'tax'], true));
        }
        if ($fields->problems() !== []) {
            return;
        }
        if ($amounts === []) {
            $fields->complain('malformed', 'totals', 'totals must be an object');
            return;
        }
        $fields->sum('goods_sum', 'totals.goods', $amounts['goods'], $draft->goods());
        $fields->sum('shipping_sum', 'totals.shipping', $amounts['shipping'], $draft->shipping->net());
        $fields->sum('fees_sum', 'totals.fees', $amounts['fees'], $draft->fees());
        $fields->sum('tax_sum', 'totals.tax', $amounts['tax'], $draft->tax());
        $fields->sum('grand_sum', 'totals.grand', $amounts['grand'], $draft->grand());
    }

    private function areTexts(mixed $value): bool
    {
        return is_array($value) && array_is_list($value)
            && array_filter($value, static fn ($one): bool => !is_string($one)) === [];
    }
}
