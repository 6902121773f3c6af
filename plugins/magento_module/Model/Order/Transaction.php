<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Adapter\DeadlockException;

/**
 * All or nothing: what the work writes, in whichever of the shop's classes, stands together or not at all.
 */
class Transaction
{
    private bool $isRunning = false;

    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * Whether work is going on that will be undone as a whole where it fails.
     */
    public function isRunning(): bool
    {
        return $this->isRunning;
    }

    /**
     * Does the work in one database transaction.
     *
     * @template T
     * @param callable(): T $work
     * @param int $tries more than one only for work that reads anew whatever it changes: it begins again where the
     *     database chose it as a deadlock's victim
     * @return T
     */
    public function run(callable $work, int $tries = 1): mixed
    {
        for ($try = 1;; $try++) {
            $connection = $this->resource->getConnection();
            $connection->beginTransaction();
            $this->isRunning = true;
            try {
                $result = $work();
                $connection->commit();
                return $result;
            } catch (DeadlockException $exception) {
                $connection->rollBack();
                if ($try >= $tries) {
                    throw $exception;
                }
            } catch (\Throwable $exception) {
                $connection->rollBack();
                throw $exception;
            } finally {
                $this->isRunning = false;
            }
        }
    }
}
