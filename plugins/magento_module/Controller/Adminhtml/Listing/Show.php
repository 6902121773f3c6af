<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Listing;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpGetActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Magento\Framework\Stdlib\DateTime\TimezoneInterface;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\Grid\Statuses;
use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * Where one product stands on TikTok Shop now, with what to do about each problem.
 */
class Show extends Answer implements HttpGetActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::push';

    public function __construct(
        Context $context,
        JsonFactory $jsonFactory,
        private readonly Client $client,
        private readonly Settings $settings,
        private readonly TimezoneInterface $timezone
    ) {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        $answer = $this->client->get('listings', [
            'product_ids' => (string) (int) $this->getRequest()->getParam('id'),
            'shop_id' => $this->settings->shopId(),
        ]);
        return ['rows' => array_values(array_map(fn (array $one): array => [
            'status' => Statuses::word((string) $one['state']),
            'kind' => Statuses::kind((string) $one['state']),
            'sku' => (string) $one['sku'],
            'tiktokId' => (string) $one['tiktok_product_id'],
            'note' => $this->note($one),
            'problems' => array_values(array_map(
                static fn (array $problem): array => ['says' => (string) $problem['says'], 'fix' => (string) $problem['fix']],
                (array) $one['problems']
            )),
        ], (array) $answer['listings']))];
    }

    /**
     * @param array<string, mixed> $one
     */
    private function note(array $one): string
    {
        if ($one['pushed_at'] === null) {
            return (string) __('Not pushed yet.');
        }
        $pushed = $this->timezone->formatDateTime(new \DateTime((string) $one['pushed_at']), \IntlDateFormatter::MEDIUM, \IntlDateFormatter::SHORT);
        return (string) ($one['pending']
            ? __('Pushed %1. Something changed since: push it again.', $pushed)
            : __('Pushed %1.', $pushed));
    }
}
