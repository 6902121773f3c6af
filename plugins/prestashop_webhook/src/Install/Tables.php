<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Install;

use Shopbridge\Core\Database;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The module's tables, and which of their columns came later. Times are UTC; each table is InnoDB.
 */
final class Tables
{
    /**
     * Name without prefix and `shopbridge_` => columns and keys.
     */
    const ALL = [
        // What happened, appended by the hooks; no unique key, so that two requests never wait for each other.
        'outbox' => 'id_outbox BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
            type VARCHAR(32) NOT NULL,
            kind VARCHAR(16) NOT NULL,
            subject VARCHAR(32) NOT NULL,
            variant VARCHAR(32) NOT NULL DEFAULT \'\',
            sku VARCHAR(64) NOT NULL DEFAULT \'\',
            shops VARCHAR(190) NOT NULL,
            via VARCHAR(16) NOT NULL,
            hint VARCHAR(1000) NOT NULL DEFAULT \'\',
            request BIGINT UNSIGNED NOT NULL DEFAULT 0,
            happened_at DATETIME NOT NULL,
            PRIMARY KEY (id_outbox)',
        // Messages with their final bytes, from the first try until they are answered.
        'batch' => 'id_batch BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
            link VARCHAR(32) NOT NULL,
            webhook_id VARCHAR(64) NOT NULL,
            body MEDIUMTEXT NOT NULL,
            events INT UNSIGNED NOT NULL,
            is_hello TINYINT UNSIGNED NOT NULL DEFAULT 0,
            tries INT UNSIGNED NOT NULL DEFAULT 0,
            oldest_at DATETIME NOT NULL,
            first_try_at DATETIME NULL,
            due_at DATETIME NULL,
            PRIMARY KEY (id_batch),
            KEY link (link, id_batch)',
        // Events that the hub refused for good.
        'dead' => 'id_dead BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
            link VARCHAR(32) NOT NULL,
            event MEDIUMTEXT NOT NULL,
            says VARCHAR(1000) NOT NULL,
            died_at DATETIME NOT NULL,
            PRIMARY KEY (id_dead),
            KEY link (link, id_dead)',
        // One row per Webhook URL: its last number, when it may be tried again, and what the hub said.
        'link' => 'link VARCHAR(32) NOT NULL,
            seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
            hello_due TINYINT UNSIGNED NOT NULL DEFAULT 1,
            hello_at DATETIME NULL,
            steps INT UNSIGNED NOT NULL DEFAULT 0,
            not_before DATETIME NULL,
            is_stopped TINYINT UNSIGNED NOT NULL DEFAULT 0,
            notice VARCHAR(32) NOT NULL DEFAULT \'\',
            notice_says VARCHAR(500) NOT NULL DEFAULT \'\',
            skew INT NOT NULL DEFAULT 0,
            delivered_at DATETIME NULL,
            delivered BIGINT UNSIGNED NOT NULL DEFAULT 0,
            api_url VARCHAR(190) NOT NULL DEFAULT \'\',
            api_token TEXT NULL,
            api_expires_at DATETIME NULL,
            PRIMARY KEY (link)',
        // Named moments and facts of the module itself: cron_seen_at, tick_at.
        'fact' => 'name VARCHAR(32) NOT NULL,
            value VARCHAR(190) NOT NULL,
            PRIMARY KEY (name)',
        // TikTok Shop's orders: a row `creating` with its cart is there before the shop is asked for an order.
        'orderkey' => 'id_orderkey INT UNSIGNED NOT NULL AUTO_INCREMENT,
            order_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            id_shop INT UNSIGNED NOT NULL,
            state VARCHAR(8) NOT NULL,
            id_cart INT UNSIGNED NOT NULL,
            id_order INT UNSIGNED NOT NULL DEFAULT 0,
            digest CHAR(64) NOT NULL,
            body MEDIUMTEXT NOT NULL,
            facts MEDIUMTEXT NOT NULL,
            created_at DATETIME NOT NULL,
            PRIMARY KEY (id_orderkey),
            UNIQUE KEY order_key (order_key),
            KEY id_order (id_order),
            KEY created_at (created_at)',
        // What an order that is being made takes from stock, before it is taken; gone once the order is there.
        'taking' => 'id_taking BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
            order_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            line INT UNSIGNED NOT NULL,
            id_stock_available INT UNSIGNED NOT NULL,
            was INT NOT NULL,
            becomes INT NOT NULL,
            PRIMARY KEY (id_taking),
            KEY order_key (order_key)',
        // Parcels and refunds that the hub asked for, each once.
        'parcel' => 'id_parcel INT UNSIGNED NOT NULL AUTO_INCREMENT,
            id_order INT UNSIGNED NOT NULL,
            ship_key VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            id_order_carrier INT UNSIGNED NOT NULL,
            carrier_code VARCHAR(64) NOT NULL,
            carrier_title VARCHAR(128) NOT NULL,
            `lines` MEDIUMTEXT NOT NULL,
            made_at DATETIME NOT NULL,
            PRIMARY KEY (id_parcel),
            UNIQUE KEY ship_key (id_order, ship_key)',
        'refund' => 'id_refund INT UNSIGNED NOT NULL AUTO_INCREMENT,
            id_order INT UNSIGNED NOT NULL,
            refund_key VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            id_order_slip INT UNSIGNED NOT NULL,
            total VARCHAR(32) NOT NULL,
            `lines` MEDIUMTEXT NOT NULL,
            made_at DATETIME NOT NULL,
            PRIMARY KEY (id_refund),
            UNIQUE KEY refund_key (id_order, refund_key)',
        // Ids of the hub's calls of the last quarter of an hour, so that none is done twice.
        'seen' => 'call_id CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
            seen_at INT UNSIGNED NOT NULL,
            PRIMARY KEY (call_id),
            KEY seen_at (seen_at)',
        // Where each product stands on TikTok Shop, as the hub last said.
        'listing' => 'id_product INT UNSIGNED NOT NULL,
            sku VARCHAR(64) NOT NULL,
            tiktok_product_id VARCHAR(64) NOT NULL,
            status VARCHAR(32) NOT NULL,
            problems MEDIUMTEXT NOT NULL,
            updated_at DATETIME NOT NULL,
            PRIMARY KEY (id_product, sku)',
    ];

    /**
     * Columns that a table of an earlier version lacks: table => column => definition.
     */
    const LATER = [
        'outbox' => ['request' => 'BIGINT UNSIGNED NOT NULL DEFAULT 0'],
    ];

    /** @var Database */
    private $database;

    public function __construct(Database $database)
    {
        $this->database = $database;
    }

    /**
     * Makes what is missing; harmless where all is there. Upgrade scripts call it too.
     */
    public function create(): void
    {
        foreach (self::ALL as $name => $columns) {
            $this->database->run('CREATE TABLE IF NOT EXISTS ' . $this->database->table($name) . " ($columns) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
        }
        foreach (self::LATER as $name => $columns) {
            $known = array_column($this->database->rows('SHOW COLUMNS FROM ' . $this->database->table($name)), 'Field');
            foreach (array_diff_key($columns, array_flip($known)) as $column => $definition) {
                $this->database->run('ALTER TABLE ' . $this->database->table($name) . " ADD COLUMN `$column` $definition");
            }
        }
    }

    public function drop(): void
    {
        foreach (array_keys(self::ALL) as $name) {
            $this->database->run('DROP TABLE IF EXISTS ' . $this->database->table($name));
        }
    }
}
