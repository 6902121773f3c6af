<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Catalog\Api\Data\ProductInterface;
use Magento\Directory\Model\CurrencyFactory;
use Magento\Sales\Api\Data\OrderAddressInterfaceFactory;
use Magento\Sales\Api\Data\OrderItemInterfaceFactory;
use Magento\Sales\Api\Data\OrderPaymentInterfaceFactory;
use Magento\Sales\Model\Order;
use Magento\Sales\Model\Order\Address;
use Magento\Sales\Model\OrderFactory;
use Magento\SalesSequence\Model\Manager as Sequences;
use Magento\Store\Api\Data\StoreInterface;
use Shopbridge\TikTokShop\Model\Carrier\TikTokShopping;
use Shopbridge\TikTokShop\Model\Payment\Method;

/**
 * Makes the shop's order out of a draft: every amount as TikTok Shop took it, nothing computed by a rule of the shop.
 *
 * The order's base currency is its own: so no amount is rounded a second time, and refunds stay equal to the cent.
 */
class Builder
{
    public function __construct(
        private readonly OrderFactory $orderFactory,
        private readonly OrderItemInterfaceFactory $itemFactory,
        private readonly OrderAddressInterfaceFactory $addressFactory,
        private readonly OrderPaymentInterfaceFactory $paymentFactory,
        private readonly Sequences $sequences,
        private readonly CurrencyFactory $currencyFactory,
        private readonly Regions $regions
    ) {
    }

    /**
     * The order with its number, not yet placed.
     *
     * @param ProductInterface[] $products beside the draft's lines
     */
    public function build(Draft $draft, array $products, StoreInterface $store): Order
    {
        $order = $this->orderFactory->create();
        $order->setStoreId($store->getId());
        $number = $this->sequences->getSequence(Order::ENTITY, (int) $store->getId())->getNextValue();
        $order->setIncrementId($number);
        $order->setExtOrderId($draft->key);
        $this->setCurrency($order, $draft, $store);
        $weight = 0.0;
        foreach ($draft->lines as $place => $line) {
            $item = $this->item($draft, $line, $products[$place], $store);
            $weight += (float) $item->getRowWeight();
            $order->addItem($item);
        }
        $order->setWeight($weight);
        $order->setTotalQtyOrdered(array_sum(array_map(static fn (DraftLine $line): int => $line->quantity, $draft->lines)));
        $this->setMoney($order, $draft);
        $this->setPeople($order, $draft, $store);
        $order->setPayment($this->payment($draft));
        $order->setShippingDescription($draft->shipping->title ?: 'TikTok Shop');
        $order->setEmailSent(0)->setSendEmail(0)->setCanSendNewEmailFlag(false)->setCustomerNoteNotify(false);
        return $order;
    }

    private function setCurrency(Order $order, Draft $draft, StoreInterface $store): void
    {
        $global = (string) $store->getBaseCurrencyCode();
        $rate = $draft->currency === $global
            ? 1.0
            : (float) $this->currencyFactory->create()->load($draft->currency)->getRate($global);
        $order->setOrderCurrencyCode($draft->currency)->setBaseCurrencyCode($draft->currency);
        $order->setStoreCurrencyCode($draft->currency)->setGlobalCurrencyCode($global);
        $order->setBaseToOrderRate(1)->setStoreToOrderRate(1)->setStoreToBaseRate(1);
        // Without a rate the shop's sums over all orders leave this one out instead of adding, say, yen to dollars.
        $order->setBaseToGlobalRate($rate > 0.0 ? $rate : 0.0);
    }

    private function item(Draft $draft, DraftLine $line, ProductInterface $product, StoreInterface $store): Order\Item
    {
        $rowTotal = $line->gross - ($draft->pricesIncludeTax ? $line->tax : 0);
        $rowTotalInclTax = $rowTotal + $line->tax;
        $discount = $line->sellerDiscount + $line->platformDiscount;
        $taxed = $line->net() - ($draft->pricesIncludeTax ? $line->tax : 0);
        /** @var Order\Item $item */
        $item = $this->itemFactory->create();
        $item->setStoreId($store->getId());
        $item->setProductId($product->getId())->setProductType($product->getTypeId());
        $item->setSku($product->getSku())->setName($line->title)->setQtyOrdered($line->quantity);
        $item->setIsVirtual((int) in_array($product->getTypeId(), ['virtual', 'downloadable'], true));
        $item->setIsQtyDecimal(0)->setNoDiscount(0)->setFreeShipping(0);
        $item->setWeight($product->getWeight())->setRowWeight((float) $product->getWeight() * $line->quantity);
        $item->setTaxPercent($taxed > 0 ? round($line->tax * 100 / $taxed, 4) : 0);
        $item->setDiscountPercent(0);
        $item->setProductOptions(['info_buyRequest' => ['qty' => $line->quantity]]);
        $this->setTwice($item, $draft->currency, [
            'row_total' => $rowTotal,
            'row_total_incl_tax' => $rowTotalInclTax,
            'discount_amount' => $discount,
            'tax_amount' => $line->tax,
            'discount_tax_compensation_amount' => 0,
        ]);
        $unit = Money::number($rowTotal, $draft->currency) / $line->quantity;
        $unitInclTax = Money::number($rowTotalInclTax, $draft->currency) / $line->quantity;
        foreach (['price' => $unit, 'original_price' => $unit, 'price_incl_tax' => $unitInclTax] as $name => $price) {
            $item->setData($name, round($price, 4));
            $item->setData("base_$name", round($price, 4));
        }
        return $item;
    }

    private function setMoney(Order $order, Draft $draft): void
    {
        $inside = $draft->pricesIncludeTax;
        $shipping = $draft->shipping;
        $gross = $discount = $lineTax = 0;
        foreach ($draft->lines as $line) {
            $gross += $line->gross;
            $discount += $line->sellerDiscount + $line->platformDiscount;
            $lineTax += $line->tax;
        }
        $subtotal = $gross - ($inside ? $lineTax : 0);
        $shippingAmount = $shipping->gross - ($inside ? $shipping->tax : 0);
        $this->setTwice($order, $draft->currency, [
            'subtotal' => $subtotal,
            'subtotal_incl_tax' => $subtotal + $lineTax,
            'discount_amount' => -($discount + $shipping->discounts()),
            'shipping_amount' => $shippingAmount,
            'shipping_incl_tax' => $shippingAmount + $shipping->tax,
            'shipping_discount_amount' => $shipping->discounts(),
            'shipping_tax_amount' => $shipping->tax,
            'shipping_discount_tax_compensation_amount' => 0,
            'discount_tax_compensation_amount' => 0,
            'tax_amount' => $draft->tax(),
            'grand_total' => $draft->grand(),
            'total_due' => $draft->grand(),
        ]);
        $order->setBaseShippingDiscountTaxCompensationAmnt(0);
        $order->setDiscountDescription('TikTok Shop');
    }

    private function setPeople(Order $order, Draft $draft, StoreInterface $store): void
    {
        $buyer = $draft->body['buyer'];
        $shipTo = is_array($draft->body['ship_to'] ?? null) ? $draft->body['ship_to'] : null;
        $billTo = is_array($draft->body['bill_to'] ?? null) ? $draft->body['bill_to'] : $shipTo;
        [$first, $last] = $this->names((string) ($buyer['name'] ?? ''));
        $email = $this->email((string) ($buyer['email'] ?? ''), $draft->key);
        $order->setCustomerIsGuest(1)->setCustomerGroupId(0)->setCustomerEmail($email);
        $order->setCustomerFirstname($first)->setCustomerLastname($last);
        $billTo ??= ['name' => $buyer['name'] ?? '', 'country' => (string) $store->getConfig('general/country/default')];
        $order->setBillingAddress($this->address($billTo, $email, Address::TYPE_BILLING));
        $isVirtual = true;
        foreach ($order->getAllItems() as $item) {
            $isVirtual = $isVirtual && $item->getIsVirtual();
        }
        $order->setIsVirtual((int) $isVirtual);
        if (!$isVirtual) {
            $order->setShippingAddress($this->address($shipTo ?? $billTo, $email, Address::TYPE_SHIPPING));
            $method = preg_replace('/[^a-z0-9]+/', '', strtolower($draft->shipping->code)) ?: 'standard';
            $order->setShippingMethod(TikTokShopping::CODE . '_' . $method);
        }
    }

    /**
     * @param array<mixed> $given
     */
    private function address(array $given, string $email, string $type): Address
    {
        [$first, $last] = $this->names((string) ($given['name'] ?? ''));
        $country = (string) ($given['country'] ?? '');
        $region = $this->regions->find($country, (string) ($given['region'] ?? ''));
        /** @var Address $address */
        $address = $this->addressFactory->create();
        $address->setAddressType($type)->setEmail($email)->setFirstname($first)->setLastname($last);
        $address->setStreet(array_filter((array) ($given['lines'] ?? []), 'is_string') ?: ['-']);
        $address->setCity((string) ($given['city'] ?? ''))->setPostcode((string) ($given['postcode'] ?? ''));
        $address->setCountryId($country)->setTelephone((string) ($given['phone'] ?? ''));
        $address->setRegion($region['name'])->setRegionId($region['id']);
        $address->setCompany('')->setFax('');
        return $address;
    }

    private function payment(Draft $draft): Order\Payment
    {
        /** @var Order\Payment $payment */
        $payment = $this->paymentFactory->create();
        $payment->setMethod(Method::CODE);
        $given = $draft->body['payment'];
        $payment->setAdditionalInformation(array_filter([
            'tiktok_payment' => (string) ($given['title'] ?? ''),
            'tiktok_transaction_id' => (string) ($given['transaction_id'] ?? ''),
            Method::IS_UNPAID => $draft->state === 'unpaid',
            Method::IS_HELD => $draft->isOnHold,
        ]));
        return $payment;
    }

    /**
     * First and last name of a whole one, often masked ("J*** D***").
     *
     * @return array{string, string}
     */
    private function names(string $name): array
    {
        $parts = preg_split('/\s+/', trim($name), 2) ?: [];
        $first = ($parts[0] ?? '') ?: '-';
        return [$first, $parts[1] ?? '-'];
    }

    /**
     * TikTok's relay address, or one that can't be written to: the shop wants one that looks right.
     */
    private function email(string $email, string $key): string
    {
        return filter_var($email, FILTER_VALIDATE_EMAIL) ? $email : "$key@tiktok-shop.invalid";
    }

    /**
     * Sets amounts in the order's and in the base currency, which are the same one.
     *
     * @param array<string, int> $amounts minor units by field
     */
    private function setTwice(Order|Order\Item $holder, string $currency, array $amounts): void
    {
        foreach ($amounts as $name => $minor) {
            $holder->setData($name, Money::number($minor, $currency));
            $holder->setData("base_$name", Money::number($minor, $currency));
        }
    }
}
