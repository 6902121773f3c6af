<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Task;

use Magento\Backend\App\Action;
use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpGetActionInterface;
use Magento\Framework\View\Result\Page;
use Magento\Framework\View\Result\PageFactory;

/**
 * View Details: what came of a push, product by product.
 */
class View extends Action implements HttpGetActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::push';

    public function __construct(Context $context, private readonly PageFactory $pageFactory)
    {
        parent::__construct($context);
    }

    public function execute(): Page
    {
        $page = $this->pageFactory->create();
        $page->setActiveMenu('Magento_Catalog::catalog_products');
        $block = $page->getLayout()->getBlock('shopbridge.task');
        $title = $block instanceof \Shopbridge\TikTokShop\Block\Adminhtml\Task\View ? $block->getTaskTitle() : __('TikTok Shop');
        $page->getConfig()->getTitle()->prepend((string) $title);
        return $page;
    }
}
