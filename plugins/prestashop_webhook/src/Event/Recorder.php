<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Event;

use Shopbridge\Core\Database;
use Shopbridge\Settings\Switches;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Remembers that something changed: one insert per type and subject in a request, and nothing read.
 *
 * A row is settled once its request is over, as a save goes on after its hook: categories, features and attribute links
 * come later. The row names its request by the number of the database connection, which ends with it: so telling costs no
 * second write. Where that can't be seen, a row counts as settled after `SETTLED` seconds.
 */
final class Recorder
{
    /** Seconds after which a row counts as settled although its request goes on. */
    const SETTLED = 60;

    /** Seconds after which a long request tells of the same subject again. Less than SETTLED, so that no change is between. */
    const AGAIN = 45;

    /** @var Database */
    private $database;
    /** @var Switches */
    private $switches;
    /** @var array<string, int> */
    private $seen = [];
    /** @var bool */
    private $isUnsettled = false;
    /** @var callable|null */
    private $afterwards;

    public function __construct(Database $database, Switches $switches)
    {
        $this->database = $database;
        $this->switches = $switches;
    }

    /**
     * What is to run once the request is over and something was remembered.
     */
    public function whenOver(callable $afterwards): void
    {
        $this->afterwards = $afterwards;
    }

    /**
     * @param int[] $shops whose data changed; those that are not joined, or don't want this type, are left out
     * @param array<string, string> $hint what is known anyway; the hub never trusts it
     */
    public function record(string $type, Subject $subject, array $shops, array $hint = []): void
    {
        $shops = array_values(array_filter($shops, function (int $shop) use ($type): bool {
            return $this->switches->wants($shop, $type);
        }));
        if ($shops === [] || !$this->isNew($type, $subject, $shops)) {
            return;
        }
        $named = implode(',', $shops);
        $values = [
            $this->database->quote($type), $this->database->quote($subject->kind), $this->database->quote($subject->id),
            $this->database->quote($subject->variant), $this->database->quote($subject->sku),
            $this->database->quote(strlen($named) > 190 ? '' : $named), $this->database->quote(Via::ofThisRequest($type)),
            $this->database->quote($hint === [] ? '' : (string) json_encode($hint)),
        ];
        $this->database->run('INSERT INTO ' . $this->database->table('outbox')
            . ' (type, kind, subject, variant, sku, shops, via, hint, request, happened_at) VALUES (' . implode(', ', $values) . ', CONNECTION_ID(), UTC_TIMESTAMP())');
        if (!$this->isUnsettled) {
            $this->isUnsettled = true;
            register_shutdown_function([$this, 'over']);
        }
    }

    /**
     * The request is over. Never lets anything out.
     */
    public function over(): void
    {
        try {
            if ($this->afterwards !== null) {
                call_user_func($this->afterwards);
            }
        } catch (\Throwable $failure) {
            Log::failure($failure);
        }
    }

    /**
     * What this request remembered may be sent although it goes on: nothing more follows.
     */
    public function settle(): void
    {
        if ($this->isUnsettled) {
            $this->database->run('UPDATE ' . $this->database->table('outbox') . ' SET request = 0 WHERE request = CONNECTION_ID()');
            $this->isUnsettled = false;
        }
    }

    /**
     * @param int[] $shops
     */
    private function isNew(string $type, Subject $subject, array $shops): bool
    {
        $now = time();
        $name = implode('|', [$type, $subject->kind, $subject->id, $subject->variant, implode(',', $shops)]);
        $whole = implode('|', [$type, $subject->kind, $subject->id, '*', implode(',', $shops)]);
        if (substr($type, -6) === '.saved' && isset($this->seen[implode('|', [substr($type, 0, -5) . 'deleted', $subject->kind, $subject->id, '', implode(',', $shops)])])) {
            // Its combinations and links go after it; it does not come back by that.
            return false;
        }
        // The total row of a product with combinations follows each of them: it says nothing of its own.
        $last = max($this->seen[$name] ?? 0, $subject->variant === '' && $type === 'stock.changed' ? $this->seen[$whole] ?? 0 : 0);
        if ($last > $now - self::AGAIN) {
            return false;
        }
        $this->seen[$name] = $now;
        if ($subject->variant !== '') {
            $this->seen[$whole] = $now;
        }

        return true;
    }
}
