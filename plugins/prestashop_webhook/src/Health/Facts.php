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
use Shopbridge\Services;
use Shopbridge\Settings\Stores;
use Shopbridge\Settings\WebhookUrl;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What the module knows of itself and of the shop: hello's hint, and the numbers behind the health page.
 */
final class Facts
{
    const CAPABILITIES = ['orders', 'offers', 'digest', 'listings', 'health'];

    /** Name of the moment at which the deliverer was last called by cron. */
    const CRON_SEEN = 'cron_seen_at';

    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    /**
     * `hello.hint` of the contract, for the shops behind one Webhook URL.
     *
     * @param int[] $shops
     *
     * @return array<string, mixed>
     */
    public function hello(array $shops): array
    {
        $stores = [];
        $locales = [];
        foreach ($shops as $id) {
            $shop = new \Shop($id);
            $language = new \Language((int) \Configuration::get('PS_LANG_DEFAULT', null, null, $id));
            $stores[] = ['code' => Stores::code($id), 'name' => (string) $shop->name, 'currency' => $this->currency($id), 'locale' => (string) $language->locale];
            foreach (\Language::getLanguages(true, $id) as $each) {
                $locales[] = (string) $each['locale'];
            }
        }
        $base = $this->baseUrl($shops[0]);
        $queue = $this->queue(WebhookUrl::keyOf(Services::settings()->url($shops[0])));
        $cron = $this->moment(self::CRON_SEEN);

        return [
            'plugin_version' => Services::VERSION,
            'platform_version' => _PS_VERSION_,
            'php' => PHP_VERSION,
            'base_url' => $base,
            'api_url' => $base . 'api/',
            'timezone' => (string) \Configuration::get('PS_TIMEZONE', null, null, $shops[0]),
            'currency' => $this->currency($shops[0]),
            'locales' => array_values(array_unique($locales)),
            'stores' => $stores,
            'modules' => array_column($this->database->rows('SELECT name FROM `' . bqSQL(_DB_PREFIX_) . 'module` WHERE active = 1 ORDER BY name'), 'name'),
            'cron_seen_at' => $cron === 0 ? null : gmdate('Y-m-d\TH:i:s\Z', $cron),
            'queue' => ['waiting' => $queue['waiting'], 'oldest_s' => $queue['oldest_s'], 'failed' => $queue['failed']],
            'capabilities' => self::CAPABILITIES,
        ];
    }

    /**
     * How much waits for one Webhook URL: events, seconds of the oldest, refused ones.
     *
     * Rows that no request has finished yet count for every URL: whose they are is told when they are claimed.
     *
     * @return array{waiting: int, oldest_s: int, failed: int}
     */
    public function queue(string $link): array
    {
        $named = $this->database->quote($link);
        $rows = $this->database->rows('SELECT COUNT(*) AS waiting, COALESCE(MAX(TIMESTAMPDIFF(SECOND, happened_at, UTC_TIMESTAMP())), 0) AS oldest FROM '
            . $this->database->table('outbox'));
        $batches = $this->database->rows('SELECT COALESCE(SUM(events), 0) AS waiting, COALESCE(MAX(TIMESTAMPDIFF(SECOND, oldest_at, UTC_TIMESTAMP())), 0) AS oldest FROM '
            . $this->database->table('batch') . ' WHERE is_hello = 0 AND link = ' . $named);

        return [
            'waiting' => (int) $rows[0]['waiting'] + (int) $batches[0]['waiting'],
            'oldest_s' => max(0, (int) $rows[0]['oldest'], (int) $batches[0]['oldest']),
            'failed' => (int) $this->database->value('SELECT COUNT(*) FROM ' . $this->database->table('dead') . ' WHERE link = ' . $named),
        ];
    }

    /**
     * A named moment as Unix time; 0 where it never was.
     */
    public function moment(string $name): int
    {
        return (int) $this->text($name);
    }

    /**
     * Notes that a named moment is now.
     */
    public function note(string $name): void
    {
        $this->remember($name, (string) time());
    }

    public function text(string $name): string
    {
        return (string) $this->database->value('SELECT value FROM ' . $this->database->table('fact') . ' WHERE name = ' . $this->database->quote($name));
    }

    public function remember(string $name, string $value): void
    {
        $this->database->run('INSERT INTO ' . $this->database->table('fact') . ' (name, value) VALUES (' . $this->database->quote($name) . ', ' . $this->database->quote($value)
            . ') ON DUPLICATE KEY UPDATE value = VALUES(value)');
    }

    /**
     * The address of a shop, with a slash at its end.
     */
    public function baseUrl(int $shop): string
    {
        $given = new \Shop($shop);

        return rtrim((string) $given->getBaseURL(true), '/') . '/';
    }

    private function currency(int $shop): string
    {
        return (string) (new \Currency((int) \Configuration::get('PS_CURRENCY_DEFAULT', null, null, $shop)))->iso_code;
    }
}
