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

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Status and body of an answer to the hub.
 */
final class Answer
{
    /** @var int */
    public $status;
    /** @var array<string, mixed> */
    public $body;

    /**
     * @param array<string, mixed> $body
     */
    public function __construct(int $status, array $body)
    {
        $this->status = $status;
        $this->body = $body;
    }

    /**
     * 422 with these problems.
     *
     * @param array<int, array{code: string, where: string, says: string}> $problems
     */
    public static function refused(array $problems): self
    {
        return new self(422, ['problems' => $problems]);
    }

    /**
     * 422 for one place of the body that cannot be read.
     */
    public static function malformed(string $where, string $says): self
    {
        return self::refused([Problem::of('malformed', $where, $says)]);
    }

    public static function notFound(): self
    {
        return new self(404, ['code' => 'not_found']);
    }
}
