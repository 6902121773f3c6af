<?php

declare(strict_types=1);

namespace Magento\Framework\DB\Adapter;

use RuntimeException;

class DeadlockException extends RuntimeException
{
}
