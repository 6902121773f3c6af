<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Push;

use Magento\Backend\App\Action;
use Magento\Backend\App\Action\Context;
use Magento\Catalog\Model\ResourceModel\Product\CollectionFactory;
use Magento\Framework\App\Action\HttpPostActionInterface;
use Magento\Framework\Controller\ResultInterface;
use Magento\Framework\Exception\LocalizedException;
use Magento\Ui\Component\MassAction\Filter;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\Push\Selection;
use Shopbridge\TikTokShop\Model\Push\Sender;
use Shopbridge\TikTokShop\Model\Push\Tasks;

/**
 * Proceed: the selected products become one task of the hub, and the merchant is back in the list at once.
 */
class Proceed extends Action implements HttpPostActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::push';

    public function __construct(
        Context $context,
        private readonly Selection $selection,
        private readonly Filter $filter,
        private readonly CollectionFactory $collectionFactory,
        private readonly Sender $sender,
        private readonly Tasks $tasks
    ) {
        parent::__construct($context);
    }

    public function execute(): ResultInterface
    {
        $kind = (string) $this->getRequest()->getParam('kind');
        try {
            if (!in_array($kind, Sender::KINDS, true)) {
                throw new LocalizedException(__('Choose Push Product, Push Price or Push Stock.'));
            }
            $ids = $this->productIds();
            if ($ids === []) {
                throw new LocalizedException(__('No product fits the selection. Go back to the list and select again.'));
            }
            $shopId = (string) $this->getRequest()->getParam('shop_id');
            $task = $this->sender->send($kind, $ids, $shopId, (string) $this->getRequest()->getParam('warehouse_id'));
            $this->tasks->add($task['task_id'], $kind, count($ids), (string) $this->_auth->getUser()?->getUserName());
        } catch (HubException $error) {
            $this->messageManager->addErrorMessage((string) __('Nothing was pushed. %1', $error->getMessage()));
        } catch (LocalizedException $error) {
            $this->messageManager->addErrorMessage($error->getMessage());
        }
        return $this->resultRedirectFactory->create()->setPath('catalog/product/index');
    }

    /**
     * The products as they were selected, whether ticked one by one or "all but these" under filters.
     *
     * @return list<string>
     * @throws LocalizedException
     */
    private function productIds(): array
    {
        $this->getRequest()->setParams($this->selection->unpack((string) $this->getRequest()->getParam('selection')));
        return array_values(array_map('strval', $this->filter->getCollection($this->collectionFactory->create())->getAllIds()));
    }
}
