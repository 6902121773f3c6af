<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit\Category;

use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Category\Inheritance;
use Shopbridge\TikTokShop\Model\Category\Sync;

/**
 * Categories in TikTok Shop: chosen at any level, taken over by those below, and only what differs is sent.
 */
class InheritanceTest extends TestCase
{
    private const TREE = [
        1 => ['path' => '1', 'value' => ''],
        2 => ['path' => '1/2', 'value' => ''],
        3 => ['path' => '1/2/3', 'value' => '802051'],
        4 => ['path' => '1/2/3/4', 'value' => ''],
        5 => ['path' => '1/2/3/4/5', 'value' => '801051'],
        6 => ['path' => '1/2/3/4/5/6', 'value' => ''],
        7 => ['path' => '1/2/7', 'value' => ''],
    ];

    public function testACategoryTakesTheNearestChoiceAbove(): void
    {
        self::assertSame([
            3 => ['category' => '802051', 'from' => 3],
            4 => ['category' => '802051', 'from' => 3],
            5 => ['category' => '801051', 'from' => 5],
            6 => ['category' => '801051', 'from' => 5],
        ], (new Inheritance())->effective(self::TREE));
    }

    public function testAChoiceAtTheTopHoldsForAllButThoseWithTheirOwn(): void
    {
        $tree = self::TREE;
        $tree[2]['value'] = '1';
        $found = array_column((new Inheritance())->effective($tree), 'category');
        self::assertSame(['1', '802051', '802051', '801051', '801051', '1'], $found);
    }

    public function testAParentThatIsNotInTheListGivesNothing(): void
    {
        self::assertSame([], (new Inheritance())->effective([9 => ['path' => '1/2/8/9', 'value' => '']]));
    }

    public function testOnlyWhatDiffersIsSentAndWhatIsGoneIsTakenBack(): void
    {
        $changes = Sync::difference([3 => 'a', 4 => 'b', 5 => 'c'], [3 => 'a', 4 => 'x', 6 => 'd']);
        ksort($changes);
        self::assertSame([4 => 'b', 5 => 'c', 6 => ''], $changes);
        self::assertSame([], Sync::difference([3 => 'a'], [3 => 'a']));
    }
}
