<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Push;

use Magento\Framework\Exception\LocalizedException;

/**
 * What was ticked in the grid, carried from page to page as one text: the ids, or "all but these" with filters and search.
 */
class Selection
{
    private const PARTS = ['namespace', 'selected', 'excluded', 'filters', 'search'];

    /**
     * @param array<string, mixed> $request the parameters that the grid sent
     */
    public function pack(array $request): string
    {
        return json_encode(array_intersect_key($request, array_flip(self::PARTS)), JSON_THROW_ON_ERROR);
    }

    /**
     * The same parameters again.
     *
     * @return array<string, mixed>
     * @throws LocalizedException where the text is none of ours
     */
    public function unpack(string $text): array
    {
        $request = json_decode($text, true);
        if (!is_array($request) || ($request['namespace'] ?? '') === '') {
            throw new LocalizedException(__('The selection was lost. Go back to the product list and select again.'));
        }
        return array_intersect_key($request, array_flip(self::PARTS));
    }
}
