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

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * One line of the health list: how it is, and what to do where it is not well.
 */
final class Check
{
    const OK = 'ok';
    const NEED = 'need';
    const IDLE = 'idle';

    /** @var string a short name for programs: hub, clock, webservice, key, cron, queue, delivered, failed */
    public $name;
    /** @var string one of the constants */
    public $state;
    /** @var string */
    public $title;
    /** @var string what is the case */
    public $says;
    /** @var string what to do now; empty where there is nothing */
    public $todo;

    public function __construct(string $name, string $state, string $title, string $says, string $todo = '')
    {
        $this->name = $name;
        $this->state = $state;
        $this->title = $title;
        $this->says = $says;
        $this->todo = $todo;
    }
}
