<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

/**
 * Makes ULIDs: 48 bits of milliseconds and 80 random bits, as 26 letters of Crockford's base 32.
 */
class Ulid
{
    private const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

    public function __construct(private readonly Clock $clock)
    {
    }

    public function make(): string
    {
        $time = $this->clock->now() * 1000 + random_int(0, 999);
        $text = '';
        for ($shift = 45; $shift >= 0; $shift -= 5) {
            $text .= self::ALPHABET[($time >> $shift) & 31];
        }
        foreach (str_split(random_bytes(16)) as $byte) {
            $text .= self::ALPHABET[ord($byte) & 31];
        }
        return $text;
    }
}
