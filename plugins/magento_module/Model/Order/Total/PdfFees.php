<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order\Total;

use Magento\Sales\Model\Order\Pdf\Total\DefaultTotal;
use Magento\Tax\Helper\Data;
use Magento\Tax\Model\Calculation;
use Magento\Tax\Model\ResourceModel\Sales\Order\Tax\CollectionFactory;
use Shopbridge\TikTokShop\Model\Order\Fees;
use Shopbridge\TikTokShop\Model\Order\Money;

/**
 * TikTok Shop's other charges on printed invoices and credit memos: without them the print would not add up.
 */
class PdfFees extends DefaultTotal
{
    private const FONT_SIZE = 7;

    /**
     * @param mixed[] $data
     */
    public function __construct(
        private readonly Fees $fees,
        Data $taxHelper,
        Calculation $taxCalculation,
        CollectionFactory $ordersFactory,
        array $data = []
    ) {
        parent::__construct($taxHelper, $taxCalculation, $ordersFactory, $data);
    }

    /**
     * @return list<array{amount: string, label: string, font_size: int}>
     */
    public function getTotalsForDisplay()
    {
        $order = $this->getOrder();
        $row = $this->fees->rowOf($order);
        $lines = [];
        foreach ($row === null ? [] : $this->fees->named($this->getSource(), $row) as $fee) {
            $amount = Money::number($fee['amount'], (string) $order->getOrderCurrencyCode());
            $lines[] = [
                'amount' => $order->formatPriceTxt($amount), 'label' => $fee['title'] . ':', 'font_size' => self::FONT_SIZE,
            ];
        }
        return $lines;
    }

    /**
     * @return bool
     */
    public function canDisplay()
    {
        return $this->getTotalsForDisplay() !== [];
    }
}
