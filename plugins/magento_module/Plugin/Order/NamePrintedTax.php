<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Order;

use Magento\Tax\Model\Sales\Pdf\Tax;
use Shopbridge\TikTokShop\Model\Order\Fees;

/**
 * Names the tax on printed invoices and credit memos, where TikTok Shop collected it.
 */
class NamePrintedTax
{
    public function __construct(private readonly Fees $fees)
    {
    }

    /**
     * @param array<int, array<string, mixed>> $result
     * @return array<int, array<string, mixed>>
     */
    public function afterGetTotalsForDisplay(Tax $subject, array $result): array
    {
        $row = $this->fees->rowOf($subject->getOrder());
        if ($row === null || $row['tax_remitted_by'] !== 'tiktok' || count($result) !== 1) {
            return $result;
        }
        return [['label' => __('Tax collected and remitted by TikTok Shop') . ':'] + $result[0]];
    }
}
