<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Crypto;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The four keys of one secret (plugin contract, section 1): each direction has its own, so that nothing can be reflected.
 *
 * K1 signs events to the hub, K2 the hub's calls, K3 our answers to them, K4 the hub's answer to hello. Raw bytes.
 */
final class Keys
{
    /** @var string */
    public $k1;
    /** @var string */
    public $k2;
    /** @var string */
    public $k3;
    /** @var string */
    public $k4;

    private function __construct(string $k1)
    {
        $this->k1 = $k1;
        $this->k2 = hash_hmac('sha256', 'shopbridge hub to plugin v1', $k1, true);
        $this->k3 = hash_hmac('sha256', 'shopbridge plugin answer v1', $k1, true);
        $this->k4 = hash_hmac('sha256', 'shopbridge hub answer v1', $k1, true);
    }

    /**
     * From `whsec_…`, 32 bytes in base64. A text without that beginning is an App Secret, whose ASCII bytes are K1.
     *
     * @throws \InvalidArgumentException where it is neither
     */
    public static function fromSecret(string $secret): self
    {
        if (strncmp($secret, 'whsec_', 6) !== 0) {
            if ($secret === '') {
                throw new \InvalidArgumentException('There is no secret.');
            }

            return new self($secret);
        }
        $raw = base64_decode(substr($secret, 6), true);
        if ($raw === false || strlen($raw) !== 32) {
            throw new \InvalidArgumentException('The secret is not 32 bytes long.');
        }

        return new self($raw);
    }
}
