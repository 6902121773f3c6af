<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Magento\Framework\App\Config\ScopeConfigInterface;

/**
 * Settings by path, as the merchant saved them.
 */
class Settings implements ScopeConfigInterface
{
    /**
     * @param array<string, mixed> $values
     */
    public function __construct(public array $values = [])
    {
    }

    public function getValue($path, $scopeType = 'default', $scopeCode = null)
    {
        return $this->values[$path] ?? null;
    }

    public function isSetFlag($path, $scopeType = 'default', $scopeCode = null)
    {
        return (bool) $this->getValue($path);
    }
}
