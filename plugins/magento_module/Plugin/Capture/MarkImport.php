<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Capture;

use Magento\ImportExport\Model\Import;
use Shopbridge\TikTokShop\Model\Origin;

/**
 * What an import does is "import", whoever started it.
 */
class MarkImport
{
    public function __construct(private readonly Origin $origin)
    {
    }

    public function aroundImportSource(Import $subject, callable $proceed): mixed
    {
        return $this->origin->during('import', static fn () => $proceed());
    }
}
