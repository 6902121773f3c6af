<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Delivery;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Posts over ext-curl, which every PrestaShop has: 2 s to connect, 10 s in all, no redirects, certificates verified.
 */
final class Curl implements Transport
{
    const CONNECT = 2;
    const TOTAL = 10;
    /** Seconds for a look at the shop's own webservice, while a merchant waits. */
    const LOOK = 4;
    /** More than any answer of a hub. */
    const MOST = 1048576;

    public function post(string $url, array $headers, string $body): Reply
    {
        return $this->call($url, $headers, $body, self::TOTAL);
    }

    /**
     * Asks with GET; used for looking at the shop's own webservice.
     *
     * @param array<string, string> $headers
     */
    public function get(string $url, array $headers): Reply
    {
        return $this->call($url, $headers, null, self::LOOK);
    }

    /**
     * @param array<string, string> $headers
     */
    private function call(string $url, array $headers, ?string $body, int $seconds): Reply
    {
        $received = '';
        $found = [];
        $lines = [];
        foreach ($headers as $name => $value) {
            $lines[] = $name . ': ' . $value;
        }
        $curl = curl_init();
        $options = [
            CURLOPT_URL => $url,
            CURLOPT_HTTPHEADER => array_merge($lines, ['Expect:']),
            CURLOPT_CONNECTTIMEOUT => self::CONNECT,
            CURLOPT_TIMEOUT => $seconds,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_NOSIGNAL => true,
            CURLOPT_HEADERFUNCTION => static function ($handle, string $line) use (&$found): int {
                $parts = explode(':', $line, 2);
                if (count($parts) === 2) {
                    $found[strtolower(trim($parts[0]))] = trim($parts[1]);
                }

                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => static function ($handle, string $part) use (&$received): int {
                $received .= $part;

                return strlen($received) > self::MOST ? 0 : strlen($part);
            },
        ];
        if ($body !== null) {
            $options[CURLOPT_POST] = true;
            $options[CURLOPT_POSTFIELDS] = $body;
        }
        if (defined('_PS_CACHE_CA_CERT_FILE_') && is_file(_PS_CACHE_CA_CERT_FILE_) && !ini_get('curl.cainfo') && !ini_get('openssl.cafile')) {
            $options[CURLOPT_CAINFO] = _PS_CACHE_CA_CERT_FILE_;
        }
        curl_setopt_array($curl, $options);
        $done = curl_exec($curl);
        $error = $done === false ? curl_error($curl) : '';
        $status = $done === false ? 0 : (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE);

        return new Reply($status, $found, $received, $error);
    }
}
