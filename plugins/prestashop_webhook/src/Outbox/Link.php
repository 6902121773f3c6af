<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Outbox;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What is known of one Webhook URL: its last number, when it may be tried, what the hub said last. Times are Unix times, 0: never.
 */
final class Link
{
    /** What keeps events waiting; the page has a sentence for each. */
    const SIGNATURE = 'signature';
    const CLOCK = 'clock';
    const UNKNOWN = 'unknown';
    const SILENT = 'silent';
    const STATUS = 'status';
    const UNSIGNED = 'unsigned';
    const REFUSED = 'refused';
    const REMOVED = 'removed';
    const BUSY = 'busy';

    /** @var string */
    public $key;
    /** @var int */
    public $seq = 0;
    /** @var bool */
    public $isHelloDue = true;
    /** @var int when the hub last answered hello */
    public $helloAt = 0;
    /** @var int how often in a row it did not work */
    public $steps = 0;
    /** @var int */
    public $notBefore = 0;
    /** @var bool */
    public $isStopped = false;
    /** @var string one of the constants; empty: all is well */
    public $notice = '';
    /** @var string the status or the transport's words */
    public $noticeSays = '';
    /** @var int seconds by which our clock is ahead of the hub's */
    public $skew = 0;
    /** @var int */
    public $deliveredAt = 0;
    /** @var int events in all */
    public $delivered = 0;
    /** @var string */
    public $apiUrl = '';
    /** @var string encrypted */
    public $apiToken = '';
    /** @var int */
    public $apiExpiresAt = 0;

    public function __construct(string $key)
    {
        $this->key = $key;
    }

    /**
     * All is well again, or is to be tried at once.
     */
    public function calm(): void
    {
        $this->steps = 0;
        $this->notBefore = 0;
        $this->notice = '';
        $this->noticeSays = '';
    }
}
