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
use Shopbridge\Crypto\Signature;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Lets a call of the hub in: signed by K2, at most five minutes off, each id once in fifteen minutes (plugin contract, section 3).
 */
final class Guard
{
    /** Seconds for which ids are kept: longer than a call is believed. */
    const MEMORY = 900;

    /** @var SeenCalls */
    private $seen;

    public function __construct(SeenCalls $seen)
    {
        $this->seen = $seen;
    }

    /**
     * The keys that signed this call; they sign its answer too. Throws where it is not let in.
     *
     * @param Keys[]                $accepted
     * @param array<string, string> $headers  by lower-case name
     *
     * @throws NotAdmitted
     */
    public function admit(array $accepted, array $headers, string $body, int $now): Keys
    {
        $keys = null;
        foreach ($accepted as $known) {
            if (Signature::isSignedBy($known->k2, $headers, $body)) {
                $keys = $known;
                break;
            }
        }
        if ($keys === null) {
            throw new NotAdmitted(401, 'signature', null);
        }
        if (!Signature::isFresh($headers, $now)) {
            throw new NotAdmitted(401, 'clock', $keys);
        }
        if (!$this->seen->isNew($headers['webhook-id'], $now, self::MEMORY)) {
            throw new NotAdmitted(409, 'replayed', $keys);
        }

        return $keys;
    }
}
