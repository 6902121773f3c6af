<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * A "no" to a call of the hub: the HTTP status and the JSON that says why (plugin contract, section 3).
 */
class Refusal extends \Exception
{
    /**
     * @param array<string, mixed> $body
     */
    public function __construct(public readonly int $status, public readonly array $body)
    {
        parent::__construct((string) ($body['says'] ?? $body['code'] ?? $body['problems'][0]['says'] ?? 'refused'));
    }

    /**
     * What was asked for can't be right.
     *
     * @param list<array{code: string, where: string, says: string}> $problems
     */
    public static function problems(array $problems): self
    {
        return new self(422, ['problems' => $problems]);
    }

    /**
     * One problem only.
     */
    public static function problem(string $code, string $where, string $says): self
    {
        return self::problems([['code' => $code, 'where' => $where, 'says' => $says]]);
    }

    /**
     * The order's state does not allow it.
     */
    public static function cannot(string $what, string $state, string $says = ''): self
    {
        return new self(409, ['code' => "cannot_$what", 'state' => $state] + ($says === '' ? [] : ['says' => $says]));
    }

    /**
     * There is no such order, or it was deleted.
     */
    public static function missing(bool $isDeleted): self
    {
        return new self(404, ['code' => $isDeleted ? 'order_deleted' : 'not_found']);
    }

    /**
     * The shop is busy with something that holds this up; the same call is right later.
     */
    public static function later(string $says): self
    {
        return new self(503, ['code' => 'later', 'says' => $says]);
    }
}
