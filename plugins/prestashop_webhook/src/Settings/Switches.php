<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Settings;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Whether a shop's events of a type are wanted: all that a hook asks, apart from what it does not need to load.
 */
class Switches
{
    /** Switches of the Configure page and the event types that each turns off. */
    const FAMILIES = [
        'products' => ['product.saved', 'product.deleted'],
        'stock' => ['stock.changed'],
        'prices' => ['price.changed'],
        'categories' => ['category.saved', 'category.deleted', 'catalog.changed'],
        'orders' => ['order.changed', 'order.cancelled'],
        'shipments' => ['shipment.changed'],
        'refunds' => ['refund.created'],
    ];

    const URL = 'SHOPBRIDGE_URL';
    const SECRET = 'SHOPBRIDGE_SECRET';
    const OFF = 'SHOPBRIDGE_OFF';

    /** @var ConfigStore */
    protected $store;

    public function __construct(ConfigStore $store)
    {
        $this->store = $store;
    }

    /**
     * Whether this shop is joined to a hub. Cheap: the core holds its configuration in memory.
     */
    public function isJoined(int $shop): bool
    {
        return $this->store->get(self::URL, $shop) !== '' && $this->store->get(self::SECRET, $shop) !== '';
    }

    /**
     * Whether a shop wants events of this type sent.
     */
    public function wants(int $shop, string $type): bool
    {
        if (!$this->isJoined($shop)) {
            return false;
        }
        foreach ($this->familiesOff($shop) as $family) {
            if (in_array($type, self::FAMILIES[$family], true)) {
                return false;
            }
        }

        return true;
    }

    /**
     * @return string[] names of the families that are switched off
     */
    public function familiesOff(int $shop): array
    {
        return array_values(array_intersect(explode(',', $this->store->get(self::OFF, $shop)), array_keys(self::FAMILIES)));
    }
}
