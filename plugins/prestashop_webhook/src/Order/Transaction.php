<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Order;

use Shopbridge\Core\Database;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Several writes as one: all of them or none, also when PHP dies between. What fails is not tried again here: the core's objects
 * remember what the database forgot, so the hub asks anew, in another request.
 */
final class Transaction
{
    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    /**
     * @return mixed what `do` answers
     */
    public function run(callable $do)
    {
        $this->database->run('START TRANSACTION');
        try {
            $done = $do();
            $this->database->run('COMMIT');

            return $done;
        } catch (\Throwable $failure) {
            $this->database->run('ROLLBACK');

            throw $failure;
        }
    }
}
