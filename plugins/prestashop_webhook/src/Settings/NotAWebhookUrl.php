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
 * The text that was pasted is no Webhook URL of a hub. The code is one of the constants.
 */
final class NotAWebhookUrl extends \InvalidArgumentException
{
    /** It has another shape. */
    const SHAPE = 1;
    /** It is another platform's. */
    const PLATFORM = 2;
    /** The part after # is missing or cut. */
    const SECRET = 3;

    public function __construct(int $code)
    {
        parent::__construct('This is not the Webhook URL that the hub shows.', $code);
    }
}
