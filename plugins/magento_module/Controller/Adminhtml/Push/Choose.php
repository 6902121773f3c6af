<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Push;

use Magento\Backend\App\Action;
use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpPostActionInterface;
use Magento\Framework\Controller\ResultInterface;
use Magento\Framework\View\Result\PageFactory;
use Shopbridge\TikTokShop\Model\Push\Selection;
use Shopbridge\TikTokShop\Model\Push\Sender;
use Shopbridge\TikTokShop\Model\Push\Tasks;

/**
 * TikTok Shop Action in the product grid: the page that asks for target store and warehouse.
 */
class Choose extends Action implements HttpPostActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::push';

    public function __construct(
        Context $context,
        private readonly PageFactory $pageFactory,
        private readonly Selection $selection
    ) {
        parent::__construct($context);
    }

    public function execute(): ResultInterface
    {
        $request = $this->getRequest();
        $kind = (string) $request->getParam('kind');
        $isSelected = is_array($request->getParam('selected')) || is_array($request->getParam('excluded'))
            || $request->getParam('excluded') === 'false';
        if (!in_array($kind, Sender::KINDS, true) || !$isSelected) {
            $this->messageManager->addErrorMessage((string) __('Select products first.'));
            return $this->resultRedirectFactory->create()->setPath('catalog/product/index');
        }
        $page = $this->pageFactory->create();
        $page->setActiveMenu('Magento_Catalog::catalog_products');
        $page->getConfig()->getTitle()->prepend((string) Tasks::title($kind));
        $block = $page->getLayout()->getBlock('shopbridge.push');
        if ($block) {
            $block->addData([
                'kind' => $kind,
                'selection' => $this->selection->pack($request->getParams()),
                'selected_count' => is_array($request->getParam('selected')) ? count($request->getParam('selected')) : null,
            ]);
        }
        return $page;
    }
}
