<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Block\Adminhtml\Config;

use Magento\Backend\Block\Template\Context;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Health\Report;

/**
 * What is well and what is not, each with what to do.
 */
class Health extends Connection
{
    protected $_template = 'Shopbridge_TikTokShop::config/health.phtml';

    /**
     * @param array<string, mixed> $data
     */
    public function __construct(Context $context, Config $config, private readonly Report $report, array $data = [])
    {
        parent::__construct($context, $config, $data);
    }

    /**
     * @return list<array{name: string, ok: bool, says: string, fix: string}>
     */
    public function getChecks(): array
    {
        return $this->report->checks();
    }

    /**
     * The name of a check in words.
     */
    public function getLabel(string $name): string
    {
        return (string) match ($name) {
            'settings' => __('Settings'),
            'hub' => __('Hub'),
            'clock' => __('Clock'),
            'change_logs' => __('Change log'),
            'cron' => __('Cron'),
            'queue' => __('Waiting'),
            'delivered' => __('Delivered'),
            'failed' => __('Refused'),
            'indexers' => __('Indexers'),
            'bearer' => __('Access token'),
            default => __($name),
        };
    }

    public function getTestUrl(): string
    {
        return $this->getUrl('shopbridge/health/test');
    }
}
