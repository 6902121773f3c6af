<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Grid;

/**
 * TikTok Shop's order status in the merchant's words.
 */
class OrderStatus
{
    public function word(string $status): string
    {
        return (string) match (strtoupper($status)) {
            '' => __('Not told yet'),
            'UNPAID' => __('Unpaid'),
            'ON_HOLD' => __('On hold'),
            'AWAITING_SHIPMENT' => __('Awaiting shipment'),
            'PARTIALLY_SHIPPING' => __('Partly shipped'),
            'AWAITING_COLLECTION' => __('Awaiting collection'),
            'IN_TRANSIT' => __('In transit'),
            'DELIVERED' => __('Delivered'),
            'COMPLETED' => __('Completed'),
            'CANCELLED' => __('Cancelled'),
            default => __(ucfirst(strtolower(str_replace('_', ' ', $status)))),
        };
    }
}
