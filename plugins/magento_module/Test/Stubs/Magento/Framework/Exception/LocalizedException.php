<?php

declare(strict_types=1);

namespace Magento\Framework\Exception;

use Exception;
use Magento\Framework\Phrase;

class LocalizedException extends Exception
{
    public function __construct(Phrase $phrase, ?Exception $cause = null, int $code = 0)
    {
        parent::__construct((string) $phrase, $code, $cause);
    }
}
