<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Category;

/**
 * A category without a TikTok category of its own takes that of the nearest one above.
 */
class Inheritance
{
    /**
     * Which TikTok category each category has, and from whom.
     *
     * @param array<int, array{path: string, value: string}> $categories by id; `path` as Magento keeps it: "1/2/5"
     * @return array<int, array{category: string, from: int}> only those that have one
     */
    public function effective(array $categories): array
    {
        $found = [];
        foreach ($categories as $id => $row) {
            foreach (array_reverse(explode('/', $row['path'])) as $step) {
                $value = $categories[(int) $step]['value'] ?? '';
                if ($value !== '') {
                    $found[$id] = ['category' => $value, 'from' => (int) $step];
                    break;
                }
            }
        }
        return $found;
    }
}
