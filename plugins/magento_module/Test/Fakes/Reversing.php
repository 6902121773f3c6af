<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Magento\Framework\Encryption\EncryptorInterface;

/**
 * Stands for encryption: what is kept is not what was given.
 */
class Reversing implements EncryptorInterface
{
    public function encrypt($data)
    {
        return strrev((string) $data);
    }

    public function decrypt($data)
    {
        return strrev((string) $data);
    }
}
