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
 * What is done after an answer.
 */
final class Verdict
{
    /** The message is delivered; `$refused` of its events died. */
    const DONE = 'done';
    /** It goes again in two halves. */
    const HALVE = 'halve';
    /** This message alone waits `$seconds`. */
    const LATER = 'later';
    /** Its only event was refused for three days and dies. */
    const DEAD = 'dead';
    /** The whole queue waits `$seconds`; a step of the back-off. */
    const BACK_OFF = 'back_off';
    /** The whole queue waits `$seconds`, as the hub asked. */
    const OBEY = 'obey';
    /** The connection was removed in the hub. */
    const STOP = 'stop';

    /** @var string */
    public $what;
    /** @var int */
    public $seconds;
    /** @var string one of Link's notices */
    public $notice;
    /** @var string */
    public $says;
    /** @var array<string, string> event id => what the hub says about it */
    public $refused;

    /**
     * @param array<string, string> $refused
     */
    public function __construct(string $what, int $seconds = 0, string $notice = '', string $says = '', array $refused = [])
    {
        $this->what = $what;
        $this->seconds = $seconds;
        $this->notice = $notice;
        $this->says = $says;
        $this->refused = $refused;
    }
}
