<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Authorization;

use Magento\Framework\App\Action\HttpGetActionInterface;
use Magento\Framework\App\RequestInterface;
use Magento\Framework\Exception\LocalizedException;
use Magento\Framework\View\Result\Page;
use Magento\Framework\View\Result\PageFactory;
use Shopbridge\TikTokShop\Model\TikTok\Authorization;

/**
 * The Redirect call back URL, /tts/authorization/code: TikTok Shop sends the seller here with a code.
 */
class Code implements HttpGetActionInterface
{
    private const LONGEST = 500;

    public function __construct(
        private readonly RequestInterface $request,
        private readonly PageFactory $pageFactory,
        private readonly Authorization $authorization
    ) {
    }

    public function execute(): Page
    {
        $says = '';
        try {
            if ($this->text('error') !== '' || $this->text('code') === 'null') {
                $this->authorization->refused($this->text('state'));
            }
            $this->authorization->finish($this->text('code'), $this->text('state'));
        } catch (LocalizedException $error) {
            $says = $error->getMessage();
        }
        $page = $this->pageFactory->create();
        $page->setHttpResponseCode($says === '' ? 200 : 400);
        $page->setHeader('Cache-Control', 'no-store, no-cache, must-revalidate', true);
        $page->setHeader('Referrer-Policy', 'no-referrer', true);
        $page->getConfig()->getTitle()->set((string) __('TikTok Shop'));
        $block = $page->getLayout()->getBlock('shopbridge.authorization.code');
        if ($block) {
            $block->setData('problem', $says);
        }
        return $page;
    }

    private function text(string $name): string
    {
        $value = $this->request->getParam($name, '');
        return is_string($value) && strlen($value) <= self::LONGEST ? $value : '';
    }
}
