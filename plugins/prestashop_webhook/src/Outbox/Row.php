<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Outbox;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * One thing that happened, as a hook appended it.
 */
final class Row
{
    /** @var int */
    public $id;
    /** @var string */
    public $type;
    /** @var string */
    public $kind;
    /** @var string */
    public $subject;
    /** @var string */
    public $variant;
    /** @var string */
    public $sku;
    /** @var int[] shops whose data changed; empty: all */
    public $shops;
    /** @var string */
    public $via;
    /** @var array<string, string> */
    public $hint;
    /** @var string UTC, as the database writes it */
    public $happenedAt;

    /**
     * @param array<string, string|null> $given the table's columns
     */
    public function __construct(array $given)
    {
        $this->id = (int) ($given['id_outbox'] ?? 0);
        $this->type = (string) $given['type'];
        $this->kind = (string) $given['kind'];
        $this->subject = (string) $given['subject'];
        $this->variant = (string) ($given['variant'] ?? '');
        $this->sku = (string) ($given['sku'] ?? '');
        $shops = (string) ($given['shops'] ?? '');
        $this->shops = $shops === '' ? [] : array_map('intval', explode(',', $shops));
        $this->via = (string) $given['via'];
        $hint = json_decode((string) ($given['hint'] ?? ''), true);
        $this->hint = is_array($hint) ? $hint : [];
        $this->happenedAt = (string) $given['happened_at'];
    }

    /**
     * The first of these shops that the row is about; 0 where it is about none of them.
     *
     * @param int[] $shops
     */
    public function shopOf(array $shops): int
    {
        $common = $this->shops === [] ? $shops : array_values(array_intersect($this->shops, $shops));

        return $common[0] ?? 0;
    }
}
