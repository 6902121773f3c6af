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

use Shopbridge\Api\Problem;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The amounts that an order's rows shall have, from a body that was checked: nothing here is computed by a rule of the shop.
 *
 * Lines stand at TikTok Shop's price before discounts; the seller's and the platform's discount are two named discounts of the order;
 * shipping is what the buyer paid; fees stand where PrestaShop keeps other charges (wrapping), negative ones among the discounts.
 * What the shop's own decimals change is one line of its own, at most one minor unit for each line (KNI-01).
 *
 * All amounts are millionths, see Amount.
 */
final class Plan
{
    const SELLER = 'seller';
    const PLATFORM = 'platform';
    const ROUNDING = 'rounding';
    const FEE = 'fee';

    /** @var array<string, array{quantity: int, incl: int, excl: int, tax: int}> by item; tax is what TikTok Shop says, after discounts */
    public $details = [];
    /** @var array<int, array{kind: string, title: string, incl: int, excl: int}> what lowers the order, in order of appearance */
    public $discounts = [];
    /** @var array{incl: int, excl: int} */
    public $products = ['incl' => 0, 'excl' => 0];
    /** @var array{incl: int, excl: int} */
    public $shipping = ['incl' => 0, 'excl' => 0];
    /** @var array{incl: int, excl: int} */
    public $charges = ['incl' => 0, 'excl' => 0];
    /** @var array{incl: int, excl: int} */
    public $paid = ['incl' => 0, 'excl' => 0];
    /** @var int what the rounding line adds, negative where it takes away */
    public $rounding = 0;
    /** @var array<int, array{code: string, where: string, says: string}> */
    public $problems = [];

    /** @var int */
    private $places;
    /** @var bool */
    private $included;

    /**
     * @param array<string, mixed> $body   of `orders.create`, checked by BodyCheck
     * @param string[]             $items  the item of each line, in the order of the lines
     * @param int                  $places the decimals that the shop keeps for this currency
     */
    public static function of(array $body, array $items, int $places): self
    {
        $plan = new self($places, $body['prices_include_tax']);
        // The seller owes this tax and knows its rate: line and discount then both carry it, as in any other order of the shop. Tax
        // that TikTok Shop remits has no rate of the shop; it stands on the line as it was collected.
        $hasRate = $body['tax_remitted_by'] === 'seller';
        foreach ($body['lines'] as $place => $line) {
            $plan->addLine($items[$place], $line, $hasRate);
        }
        $plan->shipping = $plan->both(Amount::of($body['shipping']['net']), Amount::of($body['shipping']['tax']));
        foreach ($body['fees'] as $fee) {
            $plan->addFee($fee);
        }
        $plan->close($body);

        return $plan;
    }

    private function __construct(int $places, bool $included)
    {
        $this->places = $places;
        $this->included = $included;
    }

    /**
     * What all discounts take away.
     *
     * @return array{incl: int, excl: int}
     */
    public function discounted(): array
    {
        return [
            'incl' => array_sum(array_column($this->discounts, 'incl')),
            'excl' => array_sum(array_column($this->discounts, 'excl')),
        ];
    }

    /**
     * @param array<string, mixed> $line
     */
    private function addLine(string $item, array $line, bool $hasRate): void
    {
        $gross = Amount::of($line['gross']);
        $net = Amount::of($line['net']);
        $tax = Amount::of($line['tax']);
        $seller = Amount::of($line['seller_discount']);
        $platform = Amount::of($line['platform_discount']);
        $before = $hasRate && $net > 0 ? Amount::share($tax, $gross, $net, $this->places) : $tax;
        $amounts = $this->both($gross, $before);
        $known = $this->details[$item] ?? ['quantity' => 0, 'incl' => 0, 'excl' => 0, 'tax' => 0];
        $this->details[$item] = [
            'quantity' => $known['quantity'] + $line['quantity'],
            'incl' => $known['incl'] + $amounts['incl'],
            'excl' => $known['excl'] + $amounts['excl'],
            'tax' => $known['tax'] + Amount::rounded($tax, $this->places),
        ];
        $off = $before - $tax;
        $ofSeller = Amount::share($off, $seller, $seller + $platform, $this->places);
        $this->addDiscount(self::SELLER, '', $this->both($seller, $ofSeller));
        $this->addDiscount(self::PLATFORM, '', $this->both($platform, $off - $ofSeller));
    }

    /**
     * @param array<string, string> $fee
     */
    private function addFee(array $fee): void
    {
        $amounts = $this->both(Amount::of($fee['amount']), Amount::of($fee['tax']));
        if ($amounts['incl'] < 0 || $amounts['excl'] < 0) {
            $this->addDiscount(self::FEE, $fee['title'], ['incl' => -$amounts['incl'], 'excl' => -$amounts['excl']]);
        } else {
            $this->charges = self::added($this->charges, $amounts);
        }
    }

    /**
     * One discount for each kind and title.
     *
     * @param array{incl: int, excl: int} $amounts
     */
    private function addDiscount(string $kind, string $title, array $amounts): void
    {
        if ($amounts['incl'] === 0 && $amounts['excl'] === 0) {
            return;
        }
        foreach ($this->discounts as $place => $known) {
            if ($known['kind'] === $kind && $known['title'] === $title) {
                $this->discounts[$place] = self::added($known, $amounts) + $known;

                return;
            }
        }
        $this->discounts[] = ['kind' => $kind, 'title' => $title] + $amounts;
    }

    /**
     * Adds up, and brings the sum to what the buyer paid.
     *
     * @param array<string, mixed> $body
     */
    private function close(array $body): void
    {
        foreach ($this->details as $detail) {
            $this->products = self::added($this->products, $detail);
        }
        $grand = Amount::rounded(Amount::of($body['totals']['grand']), $this->places);
        $this->addUp();
        $this->rounding = $grand - $this->paid['incl'];
        $rows = count($body['lines']) + count($body['fees']) + ($this->shipping['incl'] === 0 ? 0 : 1);
        if (abs($this->rounding) > $rows * 10 ** (6 - $this->places)) {
            $this->problems[] = Problem::of('precision', 'totals.grand', 'the shop rounds this order to '
                . Amount::text($this->paid['incl'], $this->places) . ', which is more than one minor unit for each line away');
        }
        $amounts = ['incl' => abs($this->rounding), 'excl' => abs($this->rounding)];
        if ($this->rounding > 0) {
            $this->charges = self::added($this->charges, $amounts);
        } else {
            $this->addDiscount(self::ROUNDING, '', $amounts);
        }
        $this->addUp();
    }

    private function addUp(): void
    {
        $off = $this->discounted();
        foreach (['incl', 'excl'] as $which) {
            $this->paid[$which] = $this->products[$which] - $off[$which] + $this->shipping[$which] + $this->charges[$which];
        }
    }

    /**
     * An amount in the body's own habit, with and without its tax, as the shop rounds them.
     *
     * @return array{incl: int, excl: int}
     */
    private function both(int $amount, int $tax): array
    {
        return [
            'incl' => Amount::rounded($this->included ? $amount : $amount + $tax, $this->places),
            'excl' => Amount::rounded($this->included ? $amount - $tax : $amount, $this->places),
        ];
    }

    /**
     * @param array<string, mixed>        $to
     * @param array{incl: int, excl: int} $amounts
     *
     * @return array{incl: int, excl: int}
     */
    private static function added(array $to, array $amounts): array
    {
        return ['incl' => $to['incl'] + $amounts['incl'], 'excl' => $to['excl'] + $amounts['excl']];
    }
}
