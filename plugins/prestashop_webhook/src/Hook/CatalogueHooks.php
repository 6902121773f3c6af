<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Hook;

use Shopbridge\Event\Recorder;
use Shopbridge\Event\Subject;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Categories.
 */
trait CatalogueHooks
{
    public function hookActionObjectCategoryAddAfter($params): void
    {
        $this->categoryNoticed('category.saved', $params['object'] ?? null);
    }

    public function hookActionObjectCategoryUpdateAfter($params): void
    {
        $this->categoryNoticed('category.saved', $params['object'] ?? null);
    }

    public function hookActionCategoryUpdate($params): void
    {
        $this->categoryNoticed('category.saved', $params['category'] ?? null);
    }

    public function hookActionObjectCategoryDeleteAfter($params): void
    {
        $this->categoryNoticed('category.deleted', $params['object'] ?? null);
    }

    /**
     * A category goes with all that is under it; only this hook names those.
     */
    public function hookActionCategoryDelete($params): void
    {
        $this->categoryNoticed('category.deleted', $params['category'] ?? null);
        foreach ($params['deleted_children'] ?? [] as $child) {
            $this->categoryNoticed('category.deleted', $child);
        }
    }

    private function categoryNoticed(string $type, $category): void
    {
        Edge::notice(static function (Recorder $recorder, array $shops) use ($type, $category): void {
            if (is_object($category) && (int) $category->id > 0) {
                $recorder->record($type, new Subject('category', (int) $category->id), $shops);
            }
        });
    }
}
