<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge;

use Shopbridge\Core\CoreCipher;
use Shopbridge\Core\CoreConfig;
use Shopbridge\Core\CoreDatabase;
use Shopbridge\Core\Database;
use Shopbridge\Delivery\Curl;
use Shopbridge\Delivery\Deliverer;
use Shopbridge\Delivery\Trigger;
use Shopbridge\Event\Recorder;
use Shopbridge\Health\Facts;
use Shopbridge\Health\Observer;
use Shopbridge\Outbox\MysqlQueue;
use Shopbridge\Outbox\Queue;
use Shopbridge\Settings\Settings;
use Shopbridge\Settings\Switches;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Puts the module's parts together, each once per request and not before it is needed.
 */
final class Services
{
    /** The module's version; the main class says the same. */
    const VERSION = '1.0.0';

    /** @var array<string, object> */
    private static $made = [];

    public static function database(): Database
    {
        return self::once(Database::class, static function () {
            return new CoreDatabase();
        });
    }

    public static function settings(): Settings
    {
        return self::once(Settings::class, static function () {
            return new Settings(new CoreConfig(), new CoreCipher());
        });
    }

    public static function recorder(): Recorder
    {
        return self::once(Recorder::class, static function () {
            $recorder = new Recorder(self::database(), new Switches(new CoreConfig()));
            $recorder->whenOver(static function (): void {
                self::trigger()->fire();
            });

            return $recorder;
        });
    }

    public static function queue(): Queue
    {
        return self::once(Queue::class, static function () {
            return new MysqlQueue(self::database());
        });
    }

    public static function facts(): Facts
    {
        return self::once(Facts::class, static function () {
            return new Facts(self::database());
        });
    }

    public static function observer(): Observer
    {
        return self::once(Observer::class, static function () {
            return new Observer(self::database(), self::settings(), self::queue(), self::facts());
        });
    }

    public static function deliverer(): Deliverer
    {
        return self::once(Deliverer::class, static function () {
            return new Deliverer(self::settings(), self::queue(), new Curl(), new CoreCipher(), self::VERSION, [self::facts(), 'hello'], 'time');
        });
    }

    public static function trigger(): Trigger
    {
        return self::once(Trigger::class, static function () {
            return new Trigger(_PS_CACHE_DIR_ . 'shopbridge.tick', static function (): void {
                self::deliverer()->run(20);
                self::facts()->note(Observer::RAN_AT);
            }, [self::class, 'cronUrl'], static function (): void {
                self::recorder()->settle();
            });
        });
    }

    /**
     * The address that a crontab calls.
     */
    public static function cronUrl(): string
    {
        return \Context::getContext()->link->getModuleLink('shopbridge', 'cron', ['token' => self::settings()->cronToken()]);
    }

    /**
     * @return mixed the part of that name
     */
    private static function once(string $name, callable $make)
    {
        if (!isset(self::$made[$name])) {
            self::$made[$name] = $make();
        }

        return self::$made[$name];
    }
}
