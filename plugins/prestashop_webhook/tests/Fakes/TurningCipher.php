<?php

declare(strict_types=1);

namespace Shopbridge\Tests\Fakes;

use Shopbridge\Crypto\Cipher;

/**
 * Turns texts around: enough to see that what is kept is not what was given.
 */
final class TurningCipher implements Cipher
{
    /** @var bool the shop's key has changed: nothing can be read any more */
    public $isKeyLost = false;

    public function encrypt(string $plain): string
    {
        return 'kept:' . strrev($plain);
    }

    public function decrypt(string $kept): string
    {
        return $this->isKeyLost || strncmp($kept, 'kept:', 5) !== 0 ? '' : strrev(substr($kept, 5));
    }
}
