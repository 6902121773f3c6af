<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Order;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Something that can be bought: a product without combinations, or one combination.
 */
final class Item
{
    /** @var int */
    public $product;
    /** @var int 0 where the product has no combinations */
    public $combination;
    /** @var string */
    public $reference;
    /** @var bool */
    public $isActive;

    public function __construct(int $product, int $combination, string $reference, bool $isActive)
    {
        $this->product = $product;
        $this->combination = $combination;
        $this->reference = $reference;
        $this->isActive = $isActive;
    }

    /**
     * Names it among others; numbers of products and combinations overlap.
     */
    public function name(): string
    {
        return self::nameOf($this->product, $this->combination);
    }

    public static function nameOf(int $product, int $combination): string
    {
        return $product . '-' . $combination;
    }
}
