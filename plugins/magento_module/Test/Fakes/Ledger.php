<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Adapter\AdapterInterface;
use RuntimeException;

/**
 * A database that keeps inserted rows, or fails as it is told.
 */
class Ledger extends ResourceConnection implements AdapterInterface
{
    /** @var list<array<string, mixed>> */
    public array $rows = [];
    public int $statements = 0;
    public ?RuntimeException $failure = null;
    public int $level = 1;

    public function getConnection($resourceName = 'default')
    {
        return $this;
    }

    public function beginTransaction()
    {
        $this->level++;
        return $this;
    }

    public function commit()
    {
        $this->level--;
        return $this;
    }

    public function rollBack()
    {
        $this->level--;
        return $this;
    }

    public function getTransactionLevel(): int
    {
        return $this->level;
    }

    /**
     * @param list<array<string, mixed>> $rows
     */
    public function insertMultiple(string $table, array $rows): int
    {
        if ($this->failure !== null) {
            throw $this->failure;
        }
        $this->statements++;
        array_push($this->rows, ...$rows);
        return count($rows);
    }
}
