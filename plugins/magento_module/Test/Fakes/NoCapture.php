<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Shopbridge\TikTokShop\Model\Capture\CaptureInterface;

/**
 * Change logs that saw nothing, and remember whether they are wanted.
 */
class NoCapture implements CaptureInterface
{
    public ?bool $isWanted = null;
    public int $reads = 0;

    public function arrange(bool $wanted): void
    {
        $this->isWanted = $wanted;
    }

    public function readLogs(): void
    {
        $this->reads++;
    }
}
