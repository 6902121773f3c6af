<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Event;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What an event is about (`subject` of the contract).
 */
final class Subject
{
    /** @var string product, category, order, shop or plugin */
    public $kind;
    /** @var string */
    public $id;
    /** @var string the combination, where it is about one */
    public $variant;
    /** @var string */
    public $sku;

    /**
     * @param int|string $id
     * @param int|string $variant 0 or '' where there is none
     */
    public function __construct(string $kind, $id, $variant = '', string $sku = '')
    {
        $this->kind = $kind;
        $this->id = (string) $id;
        $this->variant = (int) $variant === 0 ? '' : (string) $variant;
        $this->sku = substr($sku, 0, 64);
    }
}
