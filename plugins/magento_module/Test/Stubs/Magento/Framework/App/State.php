<?php

declare(strict_types=1);

namespace Magento\Framework\App;

use Magento\Framework\Exception\LocalizedException;

class State
{
    public function __construct(private readonly string $area = '')
    {
    }

    public function getAreaCode()
    {
        return $this->area !== '' ? $this->area : throw new LocalizedException(__('Area code is not set'));
    }
}
