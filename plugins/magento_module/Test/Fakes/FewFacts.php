<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Test\Fakes;

use Shopbridge\TikTokShop\Model\Health\FactsInterface;

class FewFacts implements FactsInterface
{
    public function facts(): array
    {
        return ['plugin_version' => '1.0.0'];
    }
}
