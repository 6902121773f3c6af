<?php

declare(strict_types=1);

namespace Magento\Store\Api;

interface StoreRepositoryInterface
{
    public function get($code);

    public function getList();
}
