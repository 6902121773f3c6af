<?php

declare(strict_types=1);

namespace Magento\Framework\Encryption;

interface EncryptorInterface
{
    /**
     * @return string
     */
    public function encrypt($data);

    /**
     * @return string
     */
    public function decrypt($data);
}
