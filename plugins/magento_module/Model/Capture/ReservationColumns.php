<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Capture;

use Magento\Framework\Mview\View\AdditionalColumnsProcessor\DefaultProcessor;

/**
 * Reservations are deleted only when they add up to nothing: that is no change of stock, so it names no SKU.
 */
class ReservationColumns extends DefaultProcessor
{
    /**
     * @inheritDoc
     */
    public function getTriggerColumns(string $eventPrefix, array $additionalColumns): array
    {
        $columns = parent::getTriggerColumns($eventPrefix, $additionalColumns);
        if (str_starts_with($eventPrefix, 'OLD')) {
            $columns['column_values']['sku'] = 'NULL';
        }
        return $columns;
    }
}
