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
     * Around, not after: the serialiser fails on objects that it can't look into.
     *
     * @param mixed $data what the service returned
     * @param string $serviceClassName
     * @param string $serviceMethodName
     * @return mixed
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function aroundProcess(
        ServiceOutputProcessor $subject,
        callable $proceed,
        $data,
        $serviceClassName,
        $serviceMethodName
    ): mixed {
        if (!$data instanceof AnswerInterface) {
            return $proceed($data, $serviceClassName, $serviceMethodName);
        }
        $this->response->setHttpResponseCode($data->getStatus());
        return $data->getBody();
    }
}
