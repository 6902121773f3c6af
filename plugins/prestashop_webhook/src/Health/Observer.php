<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Health;

use Shopbridge\Core\Database;
use Shopbridge\Outbox\Queue;
use Shopbridge\Settings\Settings;
use Shopbridge\Settings\WebhookUrl;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Gathers the situation of one shop.
 */
final class Observer
{
    /** What the hub reads with the merchant's key. */
    const RESOURCES = ['carriers', 'categories', 'combinations', 'configurations', 'currencies', 'images', 'languages', 'order_payments', 'orders',
        'product_feature_values', 'product_features', 'product_option_values', 'product_options', 'products', 'stock_availables'];

    /** Names of facts. */
    const PROBE = 'probe';
    const PROBED_AT = 'probed_at';
    const RAN_AT = 'ran_at';

    /** @var Database */
    private $database;
    /** @var Settings */
    private $settings;
    /** @var Queue */
    private $queue;
    /** @var Facts */
    private $facts;

    public function __construct(Database $database, Settings $settings, Queue $queue, Facts $facts)
    {
        $this->database = $database;
        $this->settings = $settings;
        $this->queue = $queue;
        $this->facts = $facts;
    }

    /**
     * @param int $shop 0: the settings of all shops
     */
    public function situation(int $shop): Situation
    {
        $now = new Situation();
        $now->now = time();
        $now->isJoined = $this->settings->isJoined($shop);
        if ($now->isJoined) {
            $url = $this->settings->url($shop);
            $key = WebhookUrl::keyOf($url);
            $now->isSecretLost = $this->settings->keys($shop) === null;
            $now->host = (string) parse_url($url, PHP_URL_HOST);
            $now->link = $this->queue->link($key);
            $queue = $this->facts->queue($key);
            $now->waiting = $queue['waiting'];
            $now->oldest = $queue['oldest_s'];
            $now->failed = $queue['failed'];
        }
        $now->isWebserviceOn = (bool) \Configuration::get('PS_WEBSERVICE');
        $now->probe = $this->facts->text(self::PROBE);
        $now->probedAt = $this->facts->moment(self::PROBED_AT);
        $now->cronSeenAt = $this->facts->moment(Facts::CRON_SEEN);
        $now->ranAt = $this->facts->moment(self::RAN_AT);
        $this->findKey($now);

        return $now;
    }

    /**
     * Calls the shop's own webservice and keeps what it showed.
     */
    public function probe(int $shop): void
    {
        $this->facts->remember(self::PROBE, Probe::look($this->facts->baseUrl($shop) . 'api/'));
        $this->facts->note(self::PROBED_AT);
    }

    private function findKey(Situation $now): void
    {
        $prefix = _DB_PREFIX_;
        $named = implode(', ', array_map([$this->database, 'quote'], self::RESOURCES));
        $rows = $this->database->rows('SELECT a.id_webservice_account AS id, a.description AS name, COUNT(p.resource) AS rights FROM `' . bqSQL($prefix) . 'webservice_account` a LEFT JOIN `'
            . bqSQL($prefix) . "webservice_permission` p ON p.id_webservice_account = a.id_webservice_account AND p.method = 'GET' AND p.resource IN ($named)"
            . ' WHERE a.active = 1 GROUP BY a.id_webservice_account, a.description ORDER BY rights DESC, id LIMIT 1');
        if ($rows === []) {
            return;
        }
        $name = trim((string) $rows[0]['name']);
        $now->key = $name === '' ? '#' . $rows[0]['id'] : $name;
        $given = array_column($this->database->rows('SELECT resource FROM `' . bqSQL($prefix) . "webservice_permission` WHERE method = 'GET' AND id_webservice_account = "
            . (int) $rows[0]['id']), 'resource');
        $now->missingRights = array_values(array_diff(self::RESOURCES, $given));
    }
}
