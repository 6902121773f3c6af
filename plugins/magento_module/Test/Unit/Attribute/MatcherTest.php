<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Attribute;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Attribute\Matcher;

/**
 * Attributes with equal names are mapped automatically, by the rule that the hub goes by.
 */
class MatcherTest extends TestCase
{
    private const ATTRIBUTES = [
        ['code' => 'colour', 'label' => 'Colour', 'inListing' => true],
        ['code' => 'shoe_size', 'label' => 'Shoe size', 'inListing' => false],
        ['code' => 'size', 'label' => 'SIZE ', 'inListing' => false],
        ['code' => 'material', 'label' => 'Materials', 'inListing' => true],
        ['code' => 'sleeve', 'label' => 'Sleeve-Length', 'inListing' => true],
    ];

    /**
     * @dataProvider names
     */
    public function testAnEqualNameIsFound(string $name, ?string $code): void
    {
        self::assertSame($code, (new Matcher())->find($name, self::ATTRIBUTES)['code'] ?? null);
    }

    /**
     * @return array<string, array{string, ?string}>
     */
    public static function names(): array
    {
        return [
            'British spelling' => ['Color', 'colour'],
            'case and spaces' => [' size', 'size'],
            'wide letters' => ['Ｓｉｚｅ', 'size'],
            'plural' => ['Material', 'material'],
            'marks' => ['Sleeve Length', 'sleeve'],
            'a part of a name is another name' => ['Shoe', null],
            'no name' => ['', null],
            'another script' => ['色', null],
        ];
    }
}
