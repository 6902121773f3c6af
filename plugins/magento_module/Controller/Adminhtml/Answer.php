<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Controller\Adminhtml;

use Magento\Backend\App\Action;
use Magento\Backend\App\Action\Context;
use Magento\Framework\Controller\Result\Json;
use Magento\Framework\Controller\Result\JsonFactory;
use Magento\Framework\Exception\LocalizedException;

/**
 * An address that our pages ask from the browser: JSON, or one sentence of what is wrong and what to do.
 */
abstract class Answer extends Action
{
    public function __construct(Context $context, private readonly JsonFactory $jsonFactory)
    {
        parent::__construct($context);
    }

    /**
     * @return array<string, mixed>
     * @throws LocalizedException in the merchant's words
     */
    abstract protected function answer(): array;

    public function execute(): Json
    {
        // The session stays free: a hub that is slow to answer must not hold up the merchant's next page.
        $this->_getSession()->writeClose();
        try {
            $answer = $this->answer();
        } catch (LocalizedException $error) {
            $answer = ['error' => $error->getMessage()];
        }
        return $this->jsonFactory->create()->setData($answer);
    }
}
