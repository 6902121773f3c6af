<?php

declare(strict_types=1);

namespace Magento\Catalog\Api\Data;

interface ProductInterface
{
    public function getSku();
}
