<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Listing;

use Shopbridge\Api\Answer;
use Shopbridge\Api\Moment;
use Shopbridge\Core\Database;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * `listings.put`: where each product stands on TikTok Shop, kept for the back office.
 */
final class Listings
{
    const LIMIT = 500;

    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    /**
     * @param array<string, mixed> $given
     */
    public function run(array $given): Answer
    {
        $rows = $given['rows'] ?? null;
        if (!is_array($rows) || array_filter($rows, 'is_array') !== $rows) {
            return Answer::malformed('rows', 'rows is a list of objects');
        }
        if (count($rows) > self::LIMIT) {
            return Answer::malformed('rows', 'at most ' . self::LIMIT . ' rows at once');
        }
        $known = $this->known($rows);
        $refused = [];
        $values = [];
        foreach ($rows as $row) {
            $product = (string) ($row['product_id'] ?? '');
            if (!isset($known[$product])) {
                $refused[] = ['product_id' => $product, 'says' => 'this shop has no such product'];
                continue;
            }
            $problems = is_array($row['problems'] ?? null) ? array_slice($row['problems'], 0, 20) : [];
            $values[] = '(' . implode(', ', [
                (int) $product, $this->text($row, 'sku', 64), $this->text($row, 'tiktok_product_id', 64), $this->text($row, 'status', 32),
                $this->database->quote((string) json_encode(array_values($problems))), $this->database->quote(Moment::column(time())),
            ]) . ')';
        }
        if ($values !== []) {
            $this->database->run('INSERT INTO ' . $this->database->table('listing') . ' (id_product, sku, tiktok_product_id, status, problems, updated_at) VALUES '
                . implode(', ', $values) . ' ON DUPLICATE KEY UPDATE tiktok_product_id = VALUES(tiktok_product_id), status = VALUES(status),'
                . ' problems = VALUES(problems), updated_at = VALUES(updated_at)');
        }

        return new Answer(200, ['accepted' => count($values), 'refused' => $refused]);
    }

    /**
     * The kept problems of a product in words: what is wrong and, where the hub told it, how to mend it.
     *
     * @return string[]
     */
    public static function problems(string $kept): array
    {
        $found = [];
        foreach ((array) json_decode($kept, true) as $problem) {
            $parts = is_array($problem) ? [$problem['says'] ?? '', $problem['fix'] ?? ''] : [$problem];
            $found[] = implode(' ', array_filter($parts, static function ($part): bool {
                return is_string($part) && $part !== '';
            }));
        }

        return array_values(array_filter($found));
    }

    /**
     * @param array<int, array<string, mixed>> $rows
     *
     * @return array<string, bool>
     */
    private function known(array $rows): array
    {
        $ids = array_filter(array_map('strval', array_column($rows, 'product_id')), static function (string $id): bool {
            return ctype_digit($id) && strlen($id) < 10;
        });
        if ($ids === []) {
            return [];
        }
        $found = $this->database->rows('SELECT id_product FROM ' . _DB_PREFIX_ . 'product WHERE id_product IN (' . implode(',', array_map('intval', $ids)) . ')');

        return array_fill_keys(array_map('strval', array_column($found, 'id_product')), true);
    }

    /**
     * @param array<string, mixed> $row
     */
    private function text(array $row, string $name, int $length): string
    {
        return $this->database->quote(mb_substr(is_scalar($row[$name] ?? null) ? (string) $row[$name] : '', 0, $length));
    }
}
