<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Plugin\Api;

use Magento\Framework\Webapi\Rest\Response;
use Magento\Framework\Webapi\ServiceOutputProcessor;
use Shopbridge\TikTokShop\Api\Data\AnswerInterface;

/**
 * Sends this module's answers as they are: status and JSON object. The shop's own serialiser knows neither a status
 * other than 200 nor objects whose fields are not known beforehand. All other services pass untouched.
 */
class SendAnswer
{
    public function __construct(private readonly Response $response)
    {
    }

    /**
     * @param mixed $result
     * @param mixed $data what the service returned
     * @return mixed
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function afterProcess(ServiceOutputProcessor $subject, mixed $result, mixed $data): mixed
    {
        if (!$data instanceof AnswerInterface) {
            return $result;
        }
        $this->response->setHttpResponseCode($data->getStatus());
        return $data->getBody();
    }
}
