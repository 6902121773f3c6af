<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Sales\Api\Data\ShipmentCreationArgumentsExtensionInterfaceFactory;
use Magento\Sales\Api\Data\ShipmentCreationArgumentsInterfaceFactory;
use Magento\Sales\Api\Data\ShipmentItemCreationInterfaceFactory;
use Magento\Sales\Api\Data\ShipmentTrackCreationInterfaceFactory;
use Magento\Sales\Api\Exception\CouldNotShipExceptionInterface;
use Magento\Sales\Api\Exception\DocumentValidationExceptionInterface;
use Magento\Sales\Api\ShipOrderInterface;
use Magento\Sales\Model\Order;
use Shopbridge\TikTokShop\Model\Api\Answer;

/**
 * Ships once per ship_key: the key's row and the shipment stand in one transaction, and so does the invoice that
 * completes an order of which nothing is left to ship.
 */
class Shipper
{
    public function __construct(
        private readonly Finder $finder,
        private readonly Keys $keys,
        private readonly Transaction $transaction,
        private readonly Oversell $oversell,
        private readonly ShipOrderInterface $shipments,
        private readonly Invoicer $invoicer,
        private readonly Sources $sources,
        private readonly Description $description,
        private readonly ShipmentItemCreationInterfaceFactory $itemFactory,
        private readonly ShipmentTrackCreationInterfaceFactory $trackFactory,
        private readonly ShipmentCreationArgumentsInterfaceFactory $argumentsFactory,
        private readonly ShipmentCreationArgumentsExtensionInterfaceFactory $extensionFactory
    ) {
    }

    /**
     * @throws Refusal
     */
    public function ship(string $key, mixed $body): Answer
    {
        $body = is_array($body) ? $body : [];
        return $this->transaction->run(fn (): Answer => $this->once($key, $body));
    }

    /**
     * @param array<mixed> $body
     */
    private function once(string $key, array $body): Answer
    {
        [$order, $row] = $this->finder->get($key, forUpdate: true);
        $shipKey = $this->shipKey($body);
        $orderId = (int) $order->getId();
        $content = Content::hash($body);
        $rowId = $this->keys->takeDocument($key, Keys::SHIPMENT, $shipKey, $orderId, $content);
        if ($rowId === null) {
            $known = (array) $this->keys->documentOfHub($key, Keys::SHIPMENT, $shipKey);
            return new Answer($this->description->full($order, $row) + [
                'ship_key' => $shipKey, 'shipment_id' => (string) $known['document_id'],
                'same' => $known['content'] === $content,
            ]);
        }
        $quantities = $this->quantities($order, $body['lines'] ?? null);
        if (!$order->canShip()) {
            $says = 'There is nothing left to ship, or the order may not be shipped.';
            throw Refusal::cannot('ship', (string) $order->getState(), $says);
        }
        $shipmentId = $this->make($order, $quantities, $body);
        $this->keys->nameDocument($rowId, $shipmentId);
        [$order, $row] = $this->finder->get($key);
        if ($order->getState() === Order::STATE_PROCESSING && !$order->canShip()) {
            $this->invoicer->invoice($order);
        }
        return new Answer($this->description->full($order, $row) + [
            'ship_key' => $shipKey, 'shipment_id' => (string) $shipmentId,
        ], 201);
    }

    /**
     * @param array<mixed> $body
     * @throws Refusal where something is missing
     */
    private function shipKey(array $body): string
    {
        $fields = new Fields();
        $shipKey = $fields->text($body, 'ship_key');
        if (strlen($shipKey) > 128) {
            $fields->complain('malformed', 'ship_key', 'ship_key has at most 128 characters');
        }
        $fields->text($fields->part($body, 'carrier'), 'title', 'carrier.', isRequired: false);
        if (!is_string($body['number'] ?? null)) {
            $fields->complain('malformed', 'number', 'number must be a text');
        }
        if ($fields->problems() !== []) {
            throw Refusal::problems($fields->problems());
        }
        return $shipKey;
    }

    /**
     * Units by order item; all that is left where no lines are named.
     *
     * @return array<int, int>
     */
    private function quantities(Order $order, mixed $lines): array
    {
        $left = $named = $wanted = [];
        $known = $this->keys->lines((int) $order->getId());
        foreach ($order->getAllItems() as $item) {
            $id = (int) $item->getId();
            $left[$id] = (int) $item->getQtyToShip();
            $named[(string) $item->getSku()] ??= $id;
            foreach ($this->description->lineIds($item, $known) as $lineId) {
                $named[$lineId] = $id;
            }
        }
        if ($lines === null) {
            return array_filter($left);
        }
        foreach (is_array($lines) ? $lines : [[]] as $one) {
            $name = is_array($one) ? ($one['line_id'] ?? $one['sku'] ?? '') : '';
            $quantity = is_array($one) ? $one['quantity'] ?? 1 : 0;
            $id = is_string($name) ? $named[$name] ?? null : null;
            if ($id === null || !is_int($quantity) || $quantity < 1) {
                $name = is_scalar($name) ? (string) $name : '';
                throw Refusal::problem('unknown_line', 'lines', "this order has no line $name, or no such quantity");
            }
            $wanted[$id] = ($wanted[$id] ?? 0) + $quantity;
            if ($wanted[$id] > $left[$id]) {
                // The shop itself would ship what is left and say nothing.
                $says = "only $left[$id] of $name are left to ship, not $wanted[$id]";
                throw Refusal::cannot('ship', (string) $order->getState(), $says);
            }
        }
        return $wanted;
    }

    /**
     * @param array<int, int> $quantities
     * @param array<mixed> $body
     */
    private function make(Order $order, array $quantities, array $body): int
    {
        $items = $skus = [];
        foreach ($quantities as $itemId => $quantity) {
            $items[] = $this->itemFactory->create()->setOrderItemId($itemId)->setQty($quantity);
            $sku = (string) $order->getItemById($itemId)->getSku();
            $skus[$sku] = ($skus[$sku] ?? 0) + $quantity;
        }
        $tracks = [];
        if ($body['number'] !== '') {
            $track = $this->trackFactory->create();
            $track->setTrackNumber($body['number']);
            $track->setTitle((string) ($body['carrier']['title'] ?? '') ?: 'TikTok Shop');
            $track->setCarrierCode(is_string($body['carrier']['code'] ?? null) ? $body['carrier']['code'] ?: 'custom' : 'custom');
            $tracks[] = $track;
        }
        $arguments = $this->argumentsFactory->create();
        $extension = $this->extensionFactory->create();
        $source = $this->sources->forParcel($skus, (int) $order->getStore()->getWebsiteId());
        $this->sources->lock(array_map('strval', array_keys($skus)), $source);
        $extension->setSourceCode($source);
        $arguments->setExtensionAttributes($extension);
        try {
            return (int) $this->oversell->during(true, fn () => $this->shipments->execute(
                (int) $order->getId(),
                $items,
                false,
                false,
                null,
                $tracks,
                [],
                $arguments
            ));
        } catch (DocumentValidationExceptionInterface $exception) {
            throw Refusal::cannot('ship', (string) $order->getState(), $exception->getMessage());
        } catch (CouldNotShipExceptionInterface $exception) {
            // What the shop's rules refuse came above: this is its database or an extension, and may go well later.
            throw Refusal::later($exception->getMessage());
        }
    }
}
