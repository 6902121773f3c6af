<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Api;

use Shopbridge\Crypto\Keys;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * A call that does not prove itself: 401 signature, 401 clock or 409 replayed.
 */
final class NotAdmitted extends \RuntimeException
{
    /** @var int */
    public $status;
    /** @var string */
    public $word;
    /** @var Keys|null what signed the call all the same, and signs the refusal */
    public $keys;

    public function __construct(int $status, string $word, ?Keys $keys)
    {
        parent::__construct($word);
        $this->status = $status;
        $this->word = $word;
        $this->keys = $keys;
    }
}
