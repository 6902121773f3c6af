<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml\Task;

use Magento\Backend\App\Action\Context;
use Magento\Framework\App\Action\HttpPostActionInterface;
use Magento\Framework\Controller\Result\JsonFactory;
use Shopbridge\TikTokShop\Controller\Adminhtml\Answer;
use Shopbridge\TikTokShop\Model\Push\Tasks;

/**
 * The notices on top of the product list: how far this person's pushes are. `dismiss` puts one away.
 */
class Notices extends Answer implements HttpPostActionInterface
{
    public const ADMIN_RESOURCE = 'Shopbridge_TikTokShop::push';

    public function __construct(Context $context, JsonFactory $jsonFactory, private readonly Tasks $tasks)
    {
        parent::__construct($context, $jsonFactory);
    }

    protected function answer(): array
    {
        $by = (string) $this->_auth->getUser()?->getUserName();
        $dismissed = (string) $this->getRequest()->getParam('dismiss', '');
        if ($dismissed !== '') {
            $this->tasks->dismiss($dismissed, $by);
        }
        return ['notices' => array_map(fn (array $row): array => [
            'id' => (string) $row['task_id'],
            'says' => (string) $this->tasks->says($row),
            'kind' => match (true) {
                $row['state'] === Tasks::RUNNING => 'notice',
                $row['state'] === Tasks::DONE && (int) $row['bad'] === 0 => 'success',
                $row['state'] === Tasks::DONE && (int) $row['ok'] > 0 => 'warning',
                default => 'error',
            },
            'isRunning' => $row['state'] === Tasks::RUNNING,
            'url' => $this->getUrl('shopbridge/task/view', ['id' => $row['task_id']]),
        ], $this->tasks->open($by))];
    }
}
