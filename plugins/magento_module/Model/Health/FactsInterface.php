<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Health;

/**
 * What the hub may know of this shop: hello.hint of the plugin contract, section 2.
 */
interface FactsInterface
{
    /**
     * @return array<string, mixed>
     */
    public function facts(): array;
}
