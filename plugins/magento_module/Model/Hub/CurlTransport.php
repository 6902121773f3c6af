<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Magento\Framework\HTTP\Client\CurlFactory;
use Psr\Log\LoggerInterface;
use Throwable;

/**
 * HTTP by Magento's own client: two seconds to connect and no redirects.
 */
class CurlTransport implements TransportInterface
{
    private const CONNECT_S = 2.0;

    public function __construct(
        private readonly CurlFactory $curlFactory,
        private readonly LoggerInterface $logger
    ) {
    }

    /**
     * @inheritDoc
     */
    public function send(
        string $method,
        string $url,
        array $headers,
        string $body = '',
        float $within = Patience::CALL_S
    ): HttpAnswer {
        $curl = $this->curlFactory->create();
        // Without an empty Expect, long bodies are announced first and the interim answer is taken for the answer.
        $curl->setHeaders($headers + ['Expect' => '']);
        $curl->setTimeout((int) ceil($within));
        $curl->setOption(CURLOPT_TIMEOUT_MS, (int) ($within * 1000));
        $curl->setOption(CURLOPT_CONNECTTIMEOUT_MS, (int) (min($within, self::CONNECT_S) * 1000));
        // Without it a system resolver rounds times below one second down to none.
        $curl->setOption(CURLOPT_NOSIGNAL, true);
        $curl->setOption(CURLOPT_FOLLOWLOCATION, false);
        try {
            if ($method === 'GET') {
                $curl->get($url);
            } else {
                $curl->setOption(CURLOPT_CUSTOMREQUEST, $method);
                $curl->post($url, $body);
            }
            $status = (int) $curl->getStatus();
            $given = array_filter($curl->getHeaders(), 'is_string');
            return new HttpAnswer($status, (string) $curl->getBody(), array_change_key_case($given));
        } catch (Throwable $exception) {
            $this->logger->info('Shopbridge: the hub did not answer: ' . $exception->getMessage());
            return new HttpAnswer(0);
        }
    }
}
