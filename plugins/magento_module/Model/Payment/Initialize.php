<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Payment;

use Magento\Framework\DataObject;
use Magento\Payment\Gateway\Command\ResultInterface;
use Magento\Payment\Gateway\CommandInterface;
use Magento\Payment\Gateway\Helper\SubjectReader;
use Magento\Sales\Model\Order;

/**
 * Gives a new order the state that TikTok Shop's stands for: paid, unpaid, or held in the buyer's grace hour.
 */
class Initialize implements CommandInterface
{
    /**
     * @param mixed[] $commandSubject
     */
    public function execute(array $commandSubject): ?ResultInterface
    {
        /** @var DataObject $state */
        $state = $commandSubject['stateObject'];
        $payment = SubjectReader::readPayment($commandSubject)->getPayment();
        $isUnpaid = (bool) $payment->getAdditionalInformation(Method::IS_UNPAID);
        $isHeld = (bool) $payment->getAdditionalInformation(Method::IS_HELD);
        $order = $payment->getOrder();
        $open = $isUnpaid ? Order::STATE_PENDING_PAYMENT : Order::STATE_PROCESSING;
        $openStatus = $order->getConfig()->getStateDefaultStatus($open);
        if ($isHeld) {
            $order->setHoldBeforeState($open)->setHoldBeforeStatus($openStatus);
        }
        $state->setData('state', $isHeld ? Order::STATE_HOLDED : $open);
        $state->setData('status', $isHeld ? $order->getConfig()->getStateDefaultStatus(Order::STATE_HOLDED) : $openStatus);
        $state->setData('is_notified', false);
        return null;
    }
}
