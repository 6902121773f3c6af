<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Outbox;

/**
 * Many rows of one type and subject become one: the last, in the order of those last ones. The hub asks for the truth
 * anyway. What the merchant did is never hidden behind an echo: only rows that are all the hub's own stay "hub".
 */
class Collapser
{
    /**
     * @param iterable<array<string, string|null>> $rows in the order they were written
     * @return list<array<string, string|null>>
     */
    public function collapse(iterable $rows): array
    {
        $last = [];
        foreach ($rows as $row) {
            $name = implode("\n", [$row['type'], $row['kind'], $row['subject_id'], $row['variant_id'], $row['store']]);
            $before = $last[$name] ?? null;
            unset($last[$name]);
            if ($before !== null && $row['via'] === 'hub' && $before['via'] !== 'hub') {
                $row['via'] = $before['via'];
            }
            $last[$name] = $row;
        }
        return array_values($last);
    }
}
