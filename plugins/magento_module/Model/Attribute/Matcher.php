<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Attribute;

/**
 * Which Magento attribute is a TikTok Shop attribute by its name: compared as the hub compares them, so that what is shown
 * as automatic is what a push does.
 */
class Matcher
{
    private const SAME_WORD = [
        'colour' => 'color',
        'colors' => 'color',
        'colours' => 'color',
        'sizes' => 'size',
        'materials' => 'material',
    ];

    /**
     * A name as it is compared: case, width, spaces, marks and British spelling don't matter.
     */
    public function plain(string $name): string
    {
        $narrow = mb_convert_case(mb_convert_kana($name, 'asKV'), MB_CASE_FOLD);
        $word = trim((string) preg_replace('/[\W_]+/u', ' ', $narrow));
        return self::SAME_WORD[$word] ?? $word;
    }

    /**
     * The attribute with an equal label; null where there is none.
     *
     * @param iterable<array{code: string, label: string, inListing: bool}> $attributes
     * @return array{code: string, label: string, inListing: bool}|null
     */
    public function find(string $name, iterable $attributes): ?array
    {
        $wanted = $this->plain($name);
        foreach ($attributes as $attribute) {
            if ($wanted !== '' && $this->plain($attribute['label']) === $wanted) {
                return $attribute;
            }
        }
        return null;
    }
}
