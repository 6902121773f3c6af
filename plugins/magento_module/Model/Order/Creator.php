<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Catalog\Api\Data\ProductInterface;
use Magento\Sales\Api\OrderManagementInterface;
use Magento\Sales\Model\Order;
use Magento\Store\Api\Data\StoreInterface;
use Magento\Store\Api\StoreRepositoryInterface;
use Magento\Store\Model\StoreManagerInterface;
use Shopbridge\TikTokShop\Model\Api\Answer;
use Shopbridge\TikTokShop\Model\Offers\Salable;

/**
 * Creates an order once per key: the key's row and the order stand in one database transaction, so that neither a
 * second call nor a crash in the middle can make two, or half of one.
 */
class Creator
{
    private const TRIES = 4;

    public function __construct(
        private readonly DraftReader $reader,
        private readonly Products $products,
        private readonly Builder $builder,
        private readonly Keys $keys,
        private readonly Transaction $transaction,
        private readonly Oversell $oversell,
        private readonly OrderManagementInterface $orders,
        private readonly TaxRows $taxRows,
        private readonly Salable $salable,
        private readonly Sources $sources,
        private readonly Description $description,
        private readonly Finder $finder,
        private readonly StoreRepositoryInterface $stores,
        private readonly StoreManagerInterface $storeManager
    ) {
    }

    /**
     * @throws Refusal
     */
    public function create(mixed $body): Answer
    {
        $codes = array_map(static fn (StoreInterface $one): string => $one->getCode(), $this->stores->getList());
        $draft = $this->reader->read($body, [...array_values(array_diff($codes, ['admin'])), 'all']);
        $known = $this->keys->row($draft->key);
        if ($known !== null) {
            return $this->repeated($known, $draft);
        }
        $store = $draft->store === 'all' ? $this->storeManager->getDefaultStoreView() : $this->stores->get($draft->store);
        $products = $this->products->ofDraft($draft, $store);
        $order = $this->transaction->run(fn (): ?Order => $this->place($draft, $products, $store), self::TRIES);
        if ($order !== null) {
            return new Answer($this->description->short($order, $this->keys->row($draft->key)), 201);
        }
        return $this->repeated((array) $this->keys->row($draft->key), $draft);
    }

    /**
     * The new order, or null where the key is taken.
     *
     * @param ProductInterface[] $products
     */
    private function place(Draft $draft, array $products, StoreInterface $store): ?Order
    {
        if (!$this->keys->take($this->keyRow($draft))) {
            return null;
        }
        $before = $this->finder->byMarker($draft->key);
        if ($before !== null) {
            // Made over the shop's bare API, before this module was installed.
            $this->keys->change($draft->key, ['order_id' => $before->getId(), 'number' => $before->getIncrementId()]);
            return null;
        }
        $order = $this->builder->build($draft, $products, $store);
        $skus = array_map(static fn (ProductInterface $one): string => (string) $one->getSku(), $products);
        $assigned = $draft->allowBackorder ? $this->sources->assign($skus, (int) $store->getWebsiteId()) : [];
        /** @var Order $order */
        $order = $this->oversell->during($draft->allowBackorder, fn () => $this->orders->place($order));
        $taxes = $rows = [];
        foreach (array_values($order->getAllItems()) as $place => $item) {
            $line = $draft->lines[$place];
            $taxes[(int) $item->getId()] = $line->tax;
            $rows[] = $this->lineRow($draft, $line, $order, (int) $item->getId());
        }
        $this->keys->addLines($rows);
        $this->taxRows->write($order, $draft, $taxes);
        $this->keys->change($draft->key, [
            'order_id' => $order->getId(), 'number' => $order->getIncrementId(),
            'oversold' => (int) $this->isOversold($skus, $store),
        ]);
        if ($draft->isOnHold) {
            $this->comment($order, (string) __(
                'On hold while the buyer can still cancel free of charge on TikTok Shop. It is released by itself.'
            ));
        }
        $this->comment($order, is_string($draft->body['note'] ?? null) ? $draft->body['note'] : '');
        if ($assigned !== []) {
            $this->comment($order, (string) __(
                'Sold on TikTok Shop, but in no source of this website: %1. It was assigned to one with quantity 0. '
                . 'Enter how many there are.',
                implode(', ', $assigned)
            ));
        }
        return $order;
    }

    private function comment(Order $order, string $text): void
    {
        if ($text !== '') {
            $order->addCommentToStatusHistory($text)->setIsCustomerNotified(0)->save();
        }
    }

    /**
     * @param array<string, mixed> $known
     * @throws Refusal where the order was deleted
     */
    private function repeated(array $known, Draft $draft): Answer
    {
        $order = $this->finder->ofRow($known);
        if ($order === null) {
            throw new Refusal(410, [
                'code' => 'order_deleted', 'order_id' => (string) $known['order_id'], 'number' => $known['number'],
            ]);
        }
        $same = hash_equals((string) $known['content'], Content::hash($draft->body));
        return new Answer($this->description->short($order, $known) + ['same' => $same]);
    }

    /**
     * @param string[] $skus
     */
    private function isOversold(array $skus, StoreInterface $store): bool
    {
        foreach ($this->salable->ofSkus($skus, (int) $store->getWebsiteId()) as $stock) {
            if ($stock->isManaged && $stock->left < 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * @return array<string, mixed>
     */
    private function keyRow(Draft $draft): array
    {
        $inside = $draft->pricesIncludeTax;
        $shipBy = Fields::time((string) ($draft->body['ship_by'] ?? ''));
        return [
            'order_key' => $draft->key,
            'content' => Content::hash($draft->body),
            'currency' => $draft->currency,
            'grand' => Money::text($draft->grand(), $draft->currency),
            'prices_include_tax' => (int) $inside,
            'tax_remitted_by' => $draft->taxRemittedBy,
            'money' => json_encode([
                'lines' => array_sum(array_map(static fn (DraftLine $line): int => $line->gross, $draft->lines)),
                'seller_discount' => $draft->shipping->sellerDiscount
                    + array_sum(array_map(static fn (DraftLine $line): int => $line->sellerDiscount, $draft->lines)),
                'platform_discount' => $draft->shipping->platformDiscount
                    + array_sum(array_map(static fn (DraftLine $line): int => $line->platformDiscount, $draft->lines)),
                'cofunded_discount' => $draft->shipping->cofundedDiscount,
                'shipping' => $draft->shipping->gross,
                'tax' => $draft->tax(),
                'fees' => array_map(static fn (DraftFee $fee): array => [
                    'code' => $fee->code, 'title' => $fee->title,
                    'amount' => $fee->amount - ($inside ? $fee->tax : 0), 'tax' => $fee->tax,
                ], $draft->fees),
            ]),
            'fees' => Money::text($draft->fees() - ($inside ? $draft->feeTax() : 0), $draft->currency),
            'shop_id' => (string) ($draft->body['shop']['id'] ?? ''),
            'region' => substr((string) ($draft->body['shop']['region'] ?? ''), 0, 8),
            'shipping_type' => substr((string) ($draft->body['shipping_type'] ?? ''), 0, 32),
            'ship_by' => $shipBy?->format('Y-m-d H:i:s'),
            'created_at' => gmdate('Y-m-d H:i:s'),
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private function lineRow(Draft $draft, DraftLine $line, Order $order, int $itemId): array
    {
        return [
            'item_id' => $itemId, 'order_id' => $order->getId(), 'line_ids' => json_encode($line->lineIds),
            'product_id' => $line->productId, 'variant_id' => $line->variantId,
            'gross' => Money::text($line->gross, $draft->currency),
            'seller_discount' => Money::text($line->sellerDiscount, $draft->currency),
            'platform_discount' => Money::text($line->platformDiscount, $draft->currency),
            'net' => Money::text($line->net(), $draft->currency),
            'tax' => Money::text($line->tax, $draft->currency),
        ];
    }
}
