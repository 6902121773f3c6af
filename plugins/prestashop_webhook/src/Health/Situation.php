<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Health;

use Shopbridge\Outbox\Link;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Everything that the health list is told from. Times are Unix times, 0: never.
 */
final class Situation
{
    /** @var int */
    public $now = 0;
    /** @var bool a Webhook URL is saved */
    public $isJoined = false;
    /** @var bool its secret can't be read: the shop's own key has changed */
    public $isSecretLost = false;
    /** @var string the hub's host name */
    public $host = '';
    /** @var Link|null */
    public $link;
    /** @var bool PS_WEBSERVICE */
    public $isWebserviceOn = false;
    /** @var string one of Probe's results; empty: not looked at yet */
    public $probe = '';
    /** @var int */
    public $probedAt = 0;
    /** @var string|null name of the key with the most rights; null: there is no active key */
    public $key;
    /** @var string[] rights that it lacks */
    public $missingRights = [];
    /** @var int */
    public $cronSeenAt = 0;
    /** @var int when the deliverer ran last, whoever started it */
    public $ranAt = 0;
    /** @var int events */
    public $waiting = 0;
    /** @var int seconds */
    public $oldest = 0;
    /** @var int */
    public $failed = 0;
}
