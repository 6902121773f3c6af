<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Core;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The shop's database, as far as this module needs it.
 */
interface Database
{
    /**
     * Runs a statement; gives the number of rows it changed.
     *
     * @throws DatabaseFailed
     */
    public function run(string $sql): int;

    /**
     * @return array<int, array<string, string|null>>
     *
     * @throws DatabaseFailed
     */
    public function rows(string $sql): array;

    /**
     * The first column of the first row, or null.
     *
     * @throws DatabaseFailed
     */
    public function value(string $sql): ?string;

    /**
     * A text, escaped and in quotes.
     */
    public function quote(string $text): string;

    /**
     * The name of one of this module's tables, with the shop's prefix, in backticks: `table('outbox')`.
     */
    public function table(string $name): string;
}
