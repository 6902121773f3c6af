<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Delivery;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What one run of the deliverer did.
 */
final class Outcome
{
    /** @var bool another deliverer was at work */
    public $isBusy = false;
    /** @var int */
    public $messages = 0;
    /** @var int */
    public $events = 0;
    /** @var array<string, string> link => what the last message met with: a Verdict's `what` */
    public $last = [];
}
