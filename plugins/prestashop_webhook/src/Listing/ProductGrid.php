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

use Doctrine\DBAL\Query\QueryBuilder;
use PrestaShop\PrestaShop\Core\Grid\Column\Type\Common\HtmlColumn;
use PrestaShop\PrestaShop\Core\Grid\Data\GridData;
use PrestaShop\PrestaShop\Core\Grid\Definition\GridDefinition;
use PrestaShop\PrestaShop\Core\Grid\Filter\Filter;
use PrestaShop\PrestaShop\Core\Grid\Record\RecordCollection;
use Shopbridge\Core\Database;
use Symfony\Component\Form\Extension\Core\Type\ChoiceType;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The column “TikTok Shop” in the back office's list of products: status, with what is wrong behind it, to filter and sort by.
 */
final class ProductGrid
{
    const COLUMN = 'shopbridge_status';

    /** @var Database */
    private $database;
    /** @var Statuses */
    private $statuses;

    public function __construct(Database $database, Statuses $statuses)
    {
        $this->database = $database;
        $this->statuses = $statuses;
    }

    public function define(GridDefinition $definition, string $all): void
    {
        $definition->getColumns()->addAfter('active', (new HtmlColumn(self::COLUMN))->setName('TikTok Shop')->setOptions(['field' => self::COLUMN]));
        $definition->getFilters()->add((new Filter(self::COLUMN, ChoiceType::class))->setTypeOptions([
            'choices' => $this->statuses->choices(), 'required' => false, 'placeholder' => $all, 'choice_translation_domain' => false,
            'attr' => ['style' => 'min-width: 7.5rem'],
        ])->setAssociatedColumn(self::COLUMN));
    }

    /**
     * @param array<string, mixed> $filters of the list
     */
    public function ask(QueryBuilder $search, QueryBuilder $count, array $filters): void
    {
        $search->addSelect('(' . $this->worst('l.status') . ') AS ' . self::COLUMN);
        $wanted = $filters[self::COLUMN] ?? null;
        if (!is_string($wanted) || $wanted === '') {
            return;
        }
        foreach ([$search, $count] as $builder) {
            if ($wanted === Statuses::NONE) {
                $builder->andWhere('NOT EXISTS (' . $this->worst('1') . ')');
            } else {
                $builder->andWhere('(' . $this->worst('l.status') . ') = :' . self::COLUMN)->setParameter(self::COLUMN, $wanted);
            }
        }
    }

    /**
     * Words for the statuses of one page of the list, with the first problem to read under the pointer.
     */
    public function show(GridData $data): GridData
    {
        $rows = $data->getRecords()->all();
        $problems = $this->problems(array_map('intval', array_column($rows, 'id_product')));
        foreach ($rows as $place => $row) {
            $rows[$place][self::COLUMN] = $this->mark((string) ($row[self::COLUMN] ?? ''), $problems[(int) $row['id_product']] ?? []);
        }

        return new GridData(new RecordCollection($rows), $data->getRecordsTotal(), $data->getQuery());
    }

    /**
     * @param string[] $problems
     */
    private function mark(string $status, array $problems): string
    {
        if ($status === '') {
            return '–';
        }

        return '<span class="badge badge-' . Statuses::colour($status) . '" title="' . self::safe(implode("\n", $problems)) . '">'
            . self::safe($this->statuses->word($status)) . '</span>';
    }

    /**
     * @param int[] $products
     *
     * @return array<int, string[]>
     */
    private function problems(array $products): array
    {
        $found = [];
        $rows = $products === [] ? [] : $this->database->rows('SELECT id_product, problems FROM ' . $this->database->table('listing')
            . ' WHERE id_product IN (' . implode(',', $products) . ')');
        foreach ($rows as $row) {
            $found[(int) $row['id_product']] = array_merge($found[(int) $row['id_product']] ?? [], Listings::problems((string) $row['problems']));
        }

        return $found;
    }

    /**
     * Of several rows of a product, the one that needs somebody, else the latest.
     */
    private function worst(string $what): string
    {
        return "SELECT $what FROM " . $this->database->table('listing') . ' l WHERE l.id_product = p.id_product'
            . " ORDER BY l.status = 'needs_attention' DESC, l.updated_at DESC LIMIT 1";
    }

    private static function safe(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES, 'UTF-8');
    }
}
