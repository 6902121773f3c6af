<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Capture;

/**
 * Magento's change logs (mview): what the database saw, whoever wrote it.
 */
interface CaptureInterface
{
    /**
     * Switches the change logs on or off, where they are not so already.
     */
    public function arrange(bool $wanted): void;

    /**
     * Writes down what the logs saw and nobody else wrote down.
     */
    public function readLogs(): void;
}
