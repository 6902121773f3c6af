<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

use Magento\Framework\App\Config\ScopeConfigInterface;
use Shopbridge\TikTokShop\Model\Hub\Endpoint;
use Shopbridge\TikTokShop\Model\Hub\WebhookUrl;

/**
 * The merchant's settings. One shop installation has one hub connection, so all of them are global.
 */
class Config
{
    public const SECTION = 'shopbridge';
    public const ENABLED = 'shopbridge/saas/enabled';
    public const WEBHOOK_URL = 'shopbridge/saas/webhook_url';
    public const SECRET = 'shopbridge/saas/secret';
    public const APP_KEY = 'shopbridge/saas/app_key';
    public const APP_SECRET = 'shopbridge/saas/app_secret';

    public function __construct(
        private readonly ScopeConfigInterface $scopeConfig,
        private readonly WebhookUrl $webhookUrl
    ) {
    }

    /**
     * Whether the merchant switched the connector on.
     */
    public function isEnabled(): bool
    {
        return $this->scopeConfig->isSetFlag(self::ENABLED);
    }

    /**
     * Whether changes are written down: switched on, and there is somewhere to send them.
     */
    public function isRecording(): bool
    {
        return $this->isEnabled() && $this->text(self::WEBHOOK_URL) !== '';
    }

    /**
     * Where messages go and what signs them; null where the settings are not complete.
     */
    public function endpoint(): ?Endpoint
    {
        $url = $this->text(self::WEBHOOK_URL);
        if ($url === '') {
            return null;
        }
        if ($this->webhookUrl->namesConnection($url)) {
            $secret = $this->text(self::SECRET);
            return $secret === '' ? null : new Endpoint($url, $secret);
        }
        $appKey = $this->text(self::APP_KEY);
        $appSecret = $this->text(self::APP_SECRET);
        if ($appKey === '' || $appSecret === '') {
            return null;
        }
        return new Endpoint($this->webhookUrl->ofBareAddress($url), $appSecret, $appKey);
    }

    private function text(string $path): string
    {
        return trim((string) $this->scopeConfig->getValue($path));
    }
}
