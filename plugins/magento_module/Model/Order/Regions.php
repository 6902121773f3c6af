<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

use Magento\Directory\Model\RegionFactory;

/**
 * The shop's own region for a code or name that TikTok Shop gives.
 */
class Regions
{
    public function __construct(private readonly RegionFactory $regionFactory)
    {
    }

    /**
     * @return array{id: int|null, name: string} without id where the shop knows no such region
     */
    public function find(string $country, string $given): array
    {
        if ($country === '' || $given === '') {
            return ['id' => null, 'name' => $given];
        }
        $region = $this->regionFactory->create()->loadByCode($given, $country);
        if (!$region->getId()) {
            $region = $this->regionFactory->create()->loadByName($given, $country);
        }
        return $region->getId()
            ? ['id' => (int) $region->getId(), 'name' => (string) $region->getName()]
            : ['id' => null, 'name' => $given];
    }
}
