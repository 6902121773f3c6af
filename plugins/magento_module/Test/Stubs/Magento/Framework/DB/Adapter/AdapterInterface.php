<?php

declare(strict_types=1);

namespace Magento\Framework\DB\Adapter;

interface AdapterInterface
{
    public function beginTransaction();

    public function commit();

    public function rollBack();
}
