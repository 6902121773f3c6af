<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Outbox;

/**
 * What the open transaction has to write down, each thing once: it goes with one statement right before the commit, so
 * that both stand or fall together. With the transaction's end all is forgotten.
 */
class Pending
{
    private const MANY = 500;

    /** @var array<string, true> */
    private array $names = [];

    /** @var list<array<string, string|null>> */
    private array $rows = [];

    /** @var callable(non-empty-list<array<string, string|null>>): void */
    private $writer;

    /**
     * Adds a row, unless the transaction has it already.
     *
     * @param array<string, string|null> $row
     * @param callable(non-empty-list<array<string, string|null>>): void $writer
     */
    public function add(string $name, array $row, callable $writer): void
    {
        if (isset($this->names[$name])) {
            return;
        }
        $this->names[$name] = true;
        $this->rows[] = $row;
        $this->writer = $writer;
        if (count($this->rows) >= self::MANY) {
            $this->write();
        }
    }

    /**
     * The transaction is about to be committed.
     */
    public function write(): void
    {
        if ($this->rows !== []) {
            $rows = $this->rows;
            $this->rows = [];
            ($this->writer)($rows);
        }
    }

    /**
     * The transaction ended, one way or the other.
     */
    public function forget(): void
    {
        $this->names = $this->rows = [];
    }
}
