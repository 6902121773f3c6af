<?php

declare(strict_types=1);

namespace Shopbridge\Tests\Fakes;

use Shopbridge\Core\Database;

/**
 * The outbox in an SQLite file, so that what one process wrote can be seen by another. Each statement is committed at once, as in PrestaShop.
 */
final class FileDatabase implements Database
{
    /** @var callable|null called with each statement before it runs */
    public $before;
    /** @var int statements that ran */
    public $statements = 0;
    /** @var \PDO */
    private $pdo;

    public function __construct(string $file)
    {
        $this->pdo = new \PDO('sqlite:' . $file);
        $this->pdo->setAttribute(\PDO::ATTR_ERRMODE, \PDO::ERRMODE_EXCEPTION);
        $this->pdo->sqliteCreateFunction('UTC_TIMESTAMP', static function (): string {
            return gmdate('Y-m-d H:i:s');
        }, 0);
        // As MySQL's: another number for each process.
        $this->pdo->sqliteCreateFunction('CONNECTION_ID', 'getmypid', 0);
        $this->pdo->exec('CREATE TABLE IF NOT EXISTS outbox (id_outbox INTEGER PRIMARY KEY, type TEXT, kind TEXT, subject TEXT, variant TEXT, sku TEXT, shops TEXT, via TEXT,
            hint TEXT, request INTEGER, happened_at TEXT)');
    }

    public function run(string $sql): int
    {
        ++$this->statements;
        if ($this->before !== null) {
            call_user_func($this->before, $sql);
        }

        return (int) $this->pdo->exec($sql);
    }

    public function rows(string $sql): array
    {
        return $this->pdo->query($sql)->fetchAll(\PDO::FETCH_ASSOC);
    }

    public function value(string $sql): ?string
    {
        $row = $this->pdo->query($sql)->fetch(\PDO::FETCH_NUM);

        return $row === false ? null : (string) $row[0];
    }

    public function quote(string $text): string
    {
        return (string) $this->pdo->quote($text);
    }

    public function table(string $name): string
    {
        return $name;
    }
}
