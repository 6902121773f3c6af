<?php

declare(strict_types=1);

namespace Magento\Sales\Api;

interface OrderManagementInterface
{
    public function place($order);
}
