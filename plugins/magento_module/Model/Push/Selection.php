<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Push;

use Magento\Framework\Exception\LocalizedException;
use Magento\Framework\Serialize\Serializer\Json;

/**
 * What was ticked in the grid, carried from page to page as one text: the ids, or "all but these" with filters and search.
 */
class Selection
{
    private const PARTS = ['namespace', 'selected', 'excluded', 'filters', 'search'];

    public function __construct(private readonly Json $json)
    {
    }

    /**
     * @param array<string, mixed> $request the parameters that the grid sent
     */
    public function pack(array $request): string
    {
        return (string) $this->json->serialize(array_intersect_key($request, array_flip(self::PARTS)));
    }

    /**
     * The same parameters again.
     *
     * @return array<string, mixed>
     * @throws LocalizedException where the text is none of ours
     */
    public function unpack(string $text): array
    {
        try {
            $request = $this->json->unserialize($text);
        } catch (\InvalidArgumentException) {
            $request = null;
        }
        if (!is_array($request) || ($request['namespace'] ?? '') === '') {
            throw new LocalizedException(__('The selection was lost. Go back to the product list and select again.'));
        }
        return array_intersect_key($request, array_flip(self::PARTS));
    }
}
