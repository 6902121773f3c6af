<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Framework\App\ResourceConnection;
use Magento\Framework\DB\Adapter\AdapterInterface;
use Magento\Framework\DB\Adapter\DuplicateException;

/**
 * The module's own rows about orders: the key that makes a second order impossible, TikTok's lines, and the documents
 * made once per key of the hub.
 */
class Keys
{
    public const SHIPMENT = 'shipment';
    public const INVOICE = 'invoice';
    public const CREDITMEMO = 'creditmemo';

    public const TABLE = 'shopbridge_order';
    private const LINES = 'shopbridge_order_line';
    private const DOCUMENTS = 'shopbridge_order_document';

    public function __construct(private readonly ResourceConnection $resource)
    {
    }

    /**
     * Takes the key inside a transaction: false where it is taken. Waits for one who is just about to take it.
     *
     * @param array<string, mixed> $row columns of the key's row
     */
    public function take(array $row): bool
    {
        try {
            $this->connection()->insert($this->table(self::TABLE), $row);
            return true;
        } catch (DuplicateException) {
            return false;
        }
    }

    /**
     * @return array<string, mixed>|null
     */
    public function row(string $key, bool $forUpdate = false): ?array
    {
        $select = $this->connection()->select()->from($this->table(self::TABLE))->where('order_key = ?', $key);
        $row = $this->connection()->fetchRow($select->forUpdate($forUpdate));
        return $row === false ? null : $row;
    }

    /**
     * The row of an order of the shop, or null where it is none of TikTok Shop's.
     *
     * @return array<string, mixed>|null
     */
    public function rowOfOrder(int $orderId): ?array
    {
        $select = $this->connection()->select()->from($this->table(self::TABLE))->where('order_id = ?', $orderId);
        $row = $this->connection()->fetchRow($select);
        return $row === false ? null : $row;
    }

    /**
     * @param array<string, mixed> $columns
     */
    public function change(string $key, array $columns): void
    {
        $this->connection()->update($this->table(self::TABLE), $columns, ['order_key = ?' => $key]);
    }

    /**
     * @param list<array<string, mixed>> $rows
     */
    public function addLines(array $rows): void
    {
        $this->connection()->insertMultiple($this->table(self::LINES), $rows);
    }

    /**
     * TikTok's words about an order's lines, by order item.
     *
     * @return array<int, array<string, mixed>>
     */
    public function lines(int $orderId): array
    {
        $select = $this->connection()->select()->from($this->table(self::LINES))
            ->where('order_id = ?', $orderId)->order('item_id');
        $lines = [];
        foreach ($this->connection()->fetchAll($select) as $row) {
            $lines[(int) $row['item_id']] = ['line_ids' => json_decode((string) $row['line_ids'], true) ?: []] + $row;
        }
        return $lines;
    }

    /**
     * Takes the hub's key of a shipment or refund inside a transaction; null where it is taken.
     *
     * @param string[] $lineIds
     */
    public function takeDocument(
        string $key,
        string $kind,
        string $hubKey,
        int $orderId,
        string $content,
        array $lineIds = []
    ): ?int {
        try {
            $this->connection()->insert($this->table(self::DOCUMENTS), [
                'order_key' => $key, 'kind' => $kind, 'hub_key' => $hubKey, 'order_id' => $orderId,
                'content' => $content, 'line_ids' => json_encode($lineIds),
            ]);
        } catch (DuplicateException) {
            return null;
        }
        return (int) $this->connection()->lastInsertId($this->table(self::DOCUMENTS));
    }

    /**
     * Says which document a taken row became, and what of the fees is in it.
     */
    public function nameDocument(int $rowId, int $documentId, string $fees = '0'): void
    {
        $columns = ['document_id' => $documentId, 'fees' => $fees];
        $this->connection()->update($this->table(self::DOCUMENTS), $columns, ['row_id = ?' => $rowId]);
    }

    /**
     * Keeps the fees of a document that the shop made itself; once more changes nothing.
     */
    public function keepFees(string $kind, int $documentId, int $orderId, string $fees): void
    {
        if ($this->document($kind, $documentId) !== null) {
            return;
        }
        $this->connection()->insert($this->table(self::DOCUMENTS), [
            'kind' => $kind, 'document_id' => $documentId, 'order_id' => $orderId, 'fees' => $fees,
        ]);
    }

    /**
     * @return array<string, mixed>|null
     */
    public function document(string $kind, int $documentId): ?array
    {
        $select = $this->connection()->select()->from($this->table(self::DOCUMENTS))
            ->where('kind = ?', $kind)->where('document_id = ?', $documentId);
        $row = $this->connection()->fetchRow($select);
        return $row === false ? null : $row;
    }

    /**
     * All documents of an order that are written down here, oldest first.
     *
     * @return list<array<string, mixed>>
     */
    public function documents(int $orderId, string $kind): array
    {
        $select = $this->connection()->select()->from($this->table(self::DOCUMENTS))
            ->where('order_id = ?', $orderId)->where('kind = ?', $kind)->order('row_id');
        return $this->connection()->fetchAll($select);
    }

    /**
     * A document of the hub's key, or null.
     *
     * @return array<string, mixed>|null
     */
    public function documentOfHub(string $key, string $kind, string $hubKey): ?array
    {
        $select = $this->connection()->select()->from($this->table(self::DOCUMENTS))
            ->where('order_key = ?', $key)->where('kind = ?', $kind)->where('hub_key = ?', $hubKey);
        $row = $this->connection()->fetchRow($select);
        return $row === false ? null : $row;
    }

    private function connection(): AdapterInterface
    {
        return $this->resource->getConnection();
    }

    private function table(string $name): string
    {
        return $this->resource->getTableName($name);
    }
}
