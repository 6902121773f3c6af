<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Listing\Listings;
use Shopbridge\Listing\Statuses;

/**
 * What the back office says of a product on TikTok Shop.
 */
final class ListingTest extends TestCase
{
    public function testEachStatusOfTheHubHasAWordAndMayBeFilteredBy(): void
    {
        $statuses = new Statuses(static function (string $text): string {
            return "<$text>";
        });
        foreach (['ready', 'pushing', 'in_review', 'live', 'needs_attention', 'off'] as $status) {
            $word = $statuses->word($status);
            self::assertNotSame($status, $word);
            self::assertSame($status, $statuses->choices()[$word]);
            self::assertArrayHasKey($status, Statuses::COLOURS);
        }
        self::assertSame(Statuses::NONE, $statuses->choices()['<Not synced>']);
    }

    public function testAStatusThatIsNewToThisModuleIsShownAsItIs(): void
    {
        self::assertSame('frozen', (new Statuses('strval'))->word('frozen'));
        self::assertSame('secondary', Statuses::colour('frozen'));
    }

    public function testAProblemIsToldWithWhatMendsIt(): void
    {
        self::assertSame(
            ['Weight is missing.', 'No brand. Choose one.'],
            Listings::problems('["Weight is missing.", {"says": "No brand.", "fix": "Choose one."}, {"says": ""}, 5]')
        );
        self::assertSame([], Listings::problems('not json'));
    }
}
