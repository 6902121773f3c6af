<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Health;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpPostActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\Delivery\Deliverer;
use Shopbridge\TikTokShop\Model\Delivery\Notice;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Outbox\Recorder;
use Shopbridge\TikTokShop\Model\Pairing;

/**
 * Send Test Event: the same way as every change of the shop, at once.
 */
class Test extends Answer implements HttpPostActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::health';

    public function __construct(
        Context $context,
        JsonFactory $jsonFactory,
        private readonly Recorder $recorder,
        private readonly Deliverer $deliverer,
        private readonly Pairing $pairing,
        private readonly Schedule $schedule,
        private readonly Notice $notice
    ) {
        parent::__construct($context, $jsonFactory);
    }

    /**
     * @throws HubException where the hub does not answer
     */
    protected function answer(): array
    {
        // Hello ends a pause between tries: the merchant just mended something and wants to know now.
        $this->pairing->hello();
        $this->recorder->record('plugin.test', 'plugin', 'magento');
        $done = $this->deliverer->run();
        if (!$done->hadLock) {
            return ['says' => (string) __('Messages are being sent just now; the test event goes with them.')];
        }
        $notice = $this->schedule->notice();
        if ($notice !== '') {
            return ['says' => trim($this->notice->says($notice) . ' ' . $this->notice->fix($notice))];
        }
        return ['says' => (string) ($done->events > 0
            ? __('The hub took the test event, and whatever waited before it: %1 in all.', $done->events)
            : __('The test event waits: the hub asked for a pause. Look here again in a minute.'))];
    }
}
