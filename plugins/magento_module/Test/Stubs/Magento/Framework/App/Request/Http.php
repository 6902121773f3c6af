<?php

declare(strict_types=1);

namespace Magento\Framework\App\Request;

class Http
{
    public function __construct(private readonly bool $isXmlHttpRequest = false)
    {
    }

    public function isXmlHttpRequest()
    {
        return $this->isXmlHttpRequest;
    }
}
