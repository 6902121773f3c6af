<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Magento\Framework\HTTP\Client\CurlFactory;
use Psr\Log\LoggerInterface;
use Throwable;

/**
 * HTTP by Magento's own client: two seconds to connect, ten in all (five to read), no redirects.
 */
class CurlTransport implements TransportInterface
{
    private const CONNECT_S = 2;
    private const TOTAL_S = 10;
    /** Reads are for pages that a person waits for. */
    private const READ_S = 5;

    public function __construct(
        private readonly CurlFactory $curlFactory,
        private readonly LoggerInterface $logger
    ) {
    }

    /**
     * @inheritDoc
     */
    public function send(string $method, string $url, array $headers, string $body = ''): HttpAnswer
    {
        $curl = $this->curlFactory->create();
        // Without an empty Expect, long bodies are announced first and the interim answer is taken for the answer.
        $curl->setHeaders($headers + ['Expect' => '']);
        $curl->setTimeout($method === 'GET' ? self::READ_S : self::TOTAL_S);
        $curl->setOption(CURLOPT_CONNECTTIMEOUT, self::CONNECT_S);
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
