<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Hook\GoodsHooks;
use Shopbridge\Hook\OrderHooks;
use Shopbridge\Hook\TriggerHooks;

/**
 * The edge towards the shop: here there is no shop at all, so everything behind a hook fails.
 */
final class HooksTest extends TestCase
{
    /** Hooks that are known to fire on 8 and 9 (contracts, 5.2), one for each row of its table that we tell the hub. */
    const NEEDED = [
        'ActionObjectProductAddAfter', 'ActionProductSave', 'ActionProductAdd', 'ActionObjectProductUpdateAfter', 'ActionProductUpdate', 'ActionObjectProductDeleteAfter',
        'ActionWatermark', 'ActionObjectImageAddAfter', 'ActionObjectCombinationAddAfter', 'ActionObjectCombinationUpdateAfter', 'ActionObjectCombinationDeleteAfter',
        'ActionProductAttributeDelete', 'ActionObjectStockAvailableUpdateAfter', 'ActionUpdateQuantity', 'ActionObjectSpecificPriceAddAfter',
        'ActionObjectSpecificPriceUpdateAfter', 'ActionObjectSpecificPriceDeleteAfter', 'ActionObjectCategoryAddAfter', 'ActionCategoryUpdate', 'ActionCategoryDelete',
        'ActionValidateOrder', 'ActionOrderStatusPostUpdate', 'ActionObjectOrderHistoryAddAfter', 'ActionObjectOrderUpdateAfter', 'ActionObjectOrderDetailUpdateAfter',
        'ActionObjectOrderCarrierUpdateAfter', 'ActionAdminOrdersTrackingNumberUpdate', 'ActionProductCancel', 'ActionOrderSlipAdd', 'ActionObjectOrderSlipAddAfter',
    ];

    /** @var object */
    private $module;

    protected function setUp(): void
    {
        $this->module = new class() {
            use GoodsHooks;
            use OrderHooks;
            use TriggerHooks;
        };
    }

    public function testEveryRowOfTheContractsHookTableIsAnswered(): void
    {
        foreach (self::NEEDED as $hook) {
            self::assertTrue(method_exists($this->module, 'hook' . $hook), $hook);
        }
    }

    public function testNoFailureOfOursComesOutOfAHook(): void
    {
        $hooks = array_filter(get_class_methods($this->module), static function (string $method): bool {
            return strncmp($method, 'hook', 4) === 0;
        });
        self::assertGreaterThan(40, count($hooks));
        $before = ini_set('error_log', '/dev/null');
        foreach ($hooks as $hook) {
            $this->module->$hook(['object' => new \stdClass(), 'category' => new \stdClass(), 'order' => new \stdClass(), 'id_product' => '7', 'id' => 7]);
            $this->module->$hook(['object' => (object) ['id' => 5, 'id_order' => 5, 'id_product' => 5, 'tracking_number' => 'T'], 'id_order' => '5']);
        }
        ini_set('error_log', (string) $before);
    }
}
