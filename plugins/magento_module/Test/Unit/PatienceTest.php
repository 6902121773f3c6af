<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Unit;

use Magento\Framework\App\Area;
use PHPUnit\Framework\TestCase;
use Shopbridge\TikTokShop\Model\Hub\HttpAnswer;
use Shopbridge\TikTokShop\Model\Hub\Unreachable;
use Shopbridge\TikTokShop\Model\Push\Places;
use Shopbridge\TikTokShop\Model\TikTok\Shops;
use Shopbridge\TikTokShop\Test\Fakes\PairedHub;

/**
 * How long the shop's admin waits for a hub that hangs.
 */
class PatienceTest extends TestCase
{
    private const SHOP = ['id' => '1', 'name' => 'A', 'region' => 'GB', 'currency' => 'GBP', 'chosen' => true, 'store' => 'default'];

    public function testAPageWaitsOneSecondInAll(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML);
        $hub->client->get('shops');
        self::assertEqualsWithDelta(1.0, max($hub->wire->within), 0.0001);
        $hub->patience->hasWaited(0.7);
        $hub->client->get('shops');
        self::assertLessThanOrEqual(0.3, end($hub->wire->within));
        $hub->patience->hasWaited(0.7);
        $sent = count($hub->wire->sent);
        try {
            $hub->client->get('shops');
            self::fail('there is no time left');
        } catch (Unreachable) {
            self::assertCount($sent, $hub->wire->sent);
        }
    }

    public function testWhatAPagesScriptAsksTakesNothingFromThePage(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML, isScript: true);
        $hub->patience->hasWaited(100.0);
        $hub->client->get('shops');
        self::assertSame([3.0, 3.0], $hub->wire->within);
    }

    public function testCronTakesItsTime(): void
    {
        $hub = new PairedHub([], Area::AREA_CRONTAB);
        $hub->answers([], 0);
        $hub->answers([]);
        try {
            $hub->client->put('category-mappings/many', []);
            self::fail('the hub did not answer');
        } catch (Unreachable) {
            $hub->client->put('category-mappings/many', []);
        }
        self::assertSame([10.0, 10.0, 10.0], $hub->wire->within);
    }

    public function testAChangeMayTakeLongOnceAShortQuestionWasAnswered(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML);
        $hub->answers(['id' => '1']);
        $hub->answers(['task_id' => '7']);
        $hub->answers(['task_id' => '7']);
        $hub->client->post('tasks', ['kind' => 'push']);
        $hub->client->post('tasks', ['kind' => 'push']);
        self::assertSame(['GET connection', 'POST tasks', 'POST tasks'], $this->asked($hub));
        self::assertSame([10.0, 10.0], array_slice($hub->wire->within, -2));
    }

    public function testAChangeIsNotSentToAHubThatIsSilent(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML);
        $hub->answers([], 0);
        try {
            $hub->client->post('tasks', ['kind' => 'push']);
            self::fail('the hub did not answer');
        } catch (Unreachable) {
            self::assertSame(['GET connection'], $this->asked($hub));
        }
    }

    public function testAfterOneFailureNobodyWaitsForAMinute(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML);
        $hub->answers([], 0);
        for ($click = 1; $click <= 5; $click++) {
            try {
                $hub->client->get('shops');
                self::fail('the hub did not answer');
            } catch (Unreachable) {
                self::assertSame(['GET shops'], $this->asked($hub));
            }
        }
        $hub->clock->at += 61;
        $hub->answers(['shops' => []]);
        self::assertSame(['shops' => []], $hub->client->get('shops'));
    }

    public function testAnAnswerToHelloEndsTheMinute(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML);
        $hub->answers([], 0);
        try {
            $hub->client->get('shops');
            self::fail('the hub did not answer');
        } catch (Unreachable) {
            $hub->pairing->hello();
        }
        $hub->answers(['shops' => []]);
        self::assertSame(['shops' => []], $hub->client->get('shops'));
    }

    public function testAHubThatAnswersErrorsIsAskedAgain(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML);
        $hub->answers([], 503);
        $hub->answers(['shops' => []]);
        try {
            $hub->client->get('shops');
            self::fail('the hub is busy');
        } catch (Unreachable) {
            self::assertSame(['shops' => []], $hub->client->get('shops'));
        }
    }

    public function testWhereToPushIsKnownWhileTheHubIsAway(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML);
        $places = new Places($hub->client, new Shops($hub->client, $hub->memory), $hub->memory);
        $hub->answers(['shops' => [self::SHOP, ['id' => '2', 'chosen' => false] + self::SHOP]]);
        $hub->answers(['warehouses' => [
            ['id' => '10', 'name' => 'Main', 'enabled' => true, 'kind' => 'sales', 'is_default' => true, 'chosen' => true],
            ['id' => '11', 'name' => 'Back', 'enabled' => true, 'kind' => 'return', 'is_default' => false, 'chosen' => false],
            ['id' => '12', 'name' => 'Shut', 'enabled' => false, 'kind' => 'sales', 'is_default' => false, 'chosen' => false],
        ]]);
        $told = $places->all();
        self::assertSame(['1'], array_column($told, 'id'));
        self::assertSame(['10'], array_column($told[0]['warehouses'], 'id'));
        $hub->answers([], 0);
        self::assertSame($told, $places->all());
        $asked = count($hub->wire->sent);
        self::assertSame($told, $places->all());
        self::assertCount($asked, $hub->wire->sent);
    }

    public function testWhereToPushIsNotGuessedBeforeTheHubEverTold(): void
    {
        $hub = new PairedHub([], Area::AREA_ADMINHTML);
        $hub->answers([], 0);
        $this->expectException(Unreachable::class);
        (new Places($hub->client, new Shops($hub->client, $hub->memory), $hub->memory))->all();
    }

    /**
     * @return list<string>
     */
    private function asked(PairedHub $hub): array
    {
        return array_map(static fn (array $call): string => $call['method'] . ' ' . $call['path'], $hub->calls());
    }
}
