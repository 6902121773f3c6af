<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Adapter\AdapterInterface;

/**
 * A database connection of which only the transaction matters: what is in `rows` is undone with it.
 */
class Rows extends ResourceConnection implements AdapterInterface
{
    /** @var array<string, array<string, mixed>> */
    public array $rows = [];

    /** @var array<string, array<string, mixed>> */
    private array $before = [];

    public function __construct()
    {
    }

    public function getConnection($resourceName = 'default')
    {
        return $this;
    }

    public function beginTransaction()
    {
        $this->before = $this->rows;
    }

    public function commit()
    {
        $this->before = $this->rows;
    }

    public function rollBack()
    {
        $this->rows = $this->before;
    }
}
