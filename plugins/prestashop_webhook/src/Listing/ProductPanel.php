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

use Shopbridge\Core\Database;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What TikTok Shop says of a product, on its page in the back office.
 */
final class ProductPanel
{
    /** @var \Module */
    private $module;
    /** @var Database */
    private $database;
    /** @var Statuses */
    private $statuses;

    public function __construct(\Module $module, Database $database, Statuses $statuses)
    {
        $this->module = $module;
        $this->database = $database;
        $this->statuses = $statuses;
    }

    public function show(int $product): string
    {
        $rows = [];
        foreach ($this->database->rows('SELECT * FROM ' . $this->database->table('listing') . " WHERE id_product = $product ORDER BY sku") as $row) {
            $rows[] = [
                'sku' => (string) $row['sku'],
                'number' => (string) $row['tiktok_product_id'],
                'word' => $this->statuses->word((string) $row['status']),
                'colour' => Statuses::colour((string) $row['status']),
                'problems' => Listings::problems((string) $row['problems']),
                'told' => (string) \Tools::displayDate(date('Y-m-d H:i:s', (int) strtotime($row['updated_at'] . ' UTC')), true),
            ];
        }
        \Context::getContext()->smarty->assign('shopbridge_listings', $rows);

        return $this->module->fetch('module:shopbridge/views/templates/hook/product_panel.tpl');
    }
}
