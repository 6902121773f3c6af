<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Setup;

use Magento\Framework\Setup\ModuleContextInterface;
use Magento\Framework\Setup\SchemaSetupInterface;
use Magento\Framework\Setup\UninstallInterface;
use Shopbridge\TikTokShop\Model\Removal;

/**
 * bin/magento module:uninstall, for a module that composer brought.
 */
class Uninstall implements UninstallInterface
{
    public function __construct(private readonly Removal $removal)
    {
    }

    public function uninstall(SchemaSetupInterface $setup, ModuleContextInterface $context): void
    {
        $this->removal->remove();
    }
}
