<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\TikTok;

use Magento\Framework\App\Config\ScopeConfigInterface;

/**
 * What the merchant chose on the pages about TikTok Shop. The hub is asked for what is true; these are what was sent to it.
 */
class Settings
{
    public const APP_KEY = 'shopbridge/tiktok/app_key';
    public const APP_SECRET = 'shopbridge/tiktok/app_secret';
    public const API_URL = 'shopbridge/tiktok/api_url';
    public const AUTHORIZE_API_URL = 'shopbridge/tiktok/authorize_api_url';
    public const AUTHORIZE_STATE = 'shopbridge/tiktok/authorize_state';
    public const SHOP_ID = 'shopbridge/tiktok/shop_id';
    public const STORE = 'shopbridge/tiktok/store';
    public const SYNC_PRICE = 'shopbridge/sync/price';
    public const SYNC_STOCK = 'shopbridge/sync/stock';
    public const PRODUCT_FIELDS = ['brand', 'package_length', 'package_width', 'package_height', 'identifier'];
    public const CALLBACK_PATH = 'tts/authorization/code';

    public function __construct(private readonly ScopeConfigInterface $scopeConfig)
    {
    }

    public function appKey(): string
    {
        return $this->text(self::APP_KEY);
    }

    public function appSecret(): string
    {
        return $this->text(self::APP_SECRET);
    }

    public function apiUrl(): string
    {
        return rtrim($this->text(self::API_URL), '/');
    }

    public function authorizeApiUrl(): string
    {
        return $this->text(self::AUTHORIZE_API_URL);
    }

    /**
     * The shop's own part of the state that TikTok Shop sends back with a seller.
     */
    public function authorizeState(): string
    {
        return $this->text(self::AUTHORIZE_STATE);
    }

    public function shopId(): string
    {
        return $this->text(self::SHOP_ID);
    }

    /**
     * Code of the store view that the chosen TikTok shop sells from; '' where none was chosen.
     */
    public function store(): string
    {
        return $this->text(self::STORE);
    }

    public function sendsPrices(): bool
    {
        return $this->scopeConfig->isSetFlag(self::SYNC_PRICE);
    }

    public function sendsStock(): bool
    {
        return $this->scopeConfig->isSetFlag(self::SYNC_STOCK);
    }

    /**
     * Code of the Magento attribute behind one of PRODUCT_FIELDS; '' where none was chosen.
     */
    public function attributeFor(string $field): string
    {
        return $this->text('shopbridge/products/' . $field);
    }

    private function text(string $path): string
    {
        return trim((string) $this->scopeConfig->getValue($path));
    }
}
