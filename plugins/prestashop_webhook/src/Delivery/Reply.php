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
 * What came back for one message.
 */
final class Reply
{
    /** @var int 0: no answer */
    public $status;
    /** @var array<string, string> by lower-case name */
    public $headers;
    /** @var string */
    public $body;
    /** @var string the transport's words where there is no answer */
    public $error;

    /**
     * @param array<string, string> $headers by lower-case name
     */
    public function __construct(int $status, array $headers = [], string $body = '', string $error = '')
    {
        $this->status = $status;
        $this->headers = $headers;
        $this->body = $body;
        $this->error = $error;
    }

    /**
     * @return array<string, mixed> empty where the body is no JSON object
     */
    public function json(): array
    {
        $body = json_decode($this->body, true);

        return is_array($body) ? $body : [];
    }
}
