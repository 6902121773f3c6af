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
 * Starts the deliverer after a request's answer, for shops without cron and so that a change need not wait for the next run.
 *
 * At most once a minute, told by a file's date. Under FPM the answer is finished first and this process delivers. Elsewhere
 * the visitor's connection ends with the process, so the module's own cron address is called and not waited for.
 */
final class Trigger
{
    const EVERY = 60;

    /** @var string */
    private $file;
    /** @var callable */
    private $deliver;
    /** @var callable */
    private $address;
    /** @var callable */
    private $settle;
    /** @var bool */
    private $armed = false;

    /**
     * @param string $file whose date is the last run
     * @param callable(): void $deliver runs the deliverer in this process
     * @param callable(): string $address the cron address with its token, or empty
     * @param callable(): void $settle says that this request remembers nothing more
     */
    public function __construct(string $file, callable $deliver, callable $address, callable $settle)
    {
        $this->settle = $settle;
        $this->file = $file;
        $this->deliver = $deliver;
        $this->address = $address;
    }

    /**
     * Runs at the end of this request, if a minute has passed since the last run.
     */
    public function arm(): void
    {
        if (!$this->armed && PHP_SAPI !== 'cli' && $this->isDue()) {
            $this->armed = true;
            // Registered once more at the end, so that it runs after what other parts do at the end.
            register_shutdown_function(function (): void {
                register_shutdown_function([$this, 'fire']);
            });
        }
    }

    /**
     * Notes that the deliverer runs now, whoever started it.
     */
    public function ran(): void
    {
        @touch($this->file);
    }

    /**
     * The shutdown function. Never lets anything out.
     */
    public function fire(): void
    {
        try {
            clearstatcache(true, $this->file);
            if (!$this->isDue()) {
                return;
            }
            $this->ran();
            if (session_status() === PHP_SESSION_ACTIVE) {
                session_write_close();
            }
            if (function_exists('fastcgi_finish_request')) {
                fastcgi_finish_request();
                call_user_func($this->deliver);
            } elseif (function_exists('litespeed_finish_request')) {
                litespeed_finish_request();
                call_user_func($this->deliver);
            } else {
                // The other process starts while this one still ends.
                call_user_func($this->settle);
                Loopback::call((string) call_user_func($this->address));
            }
        } catch (\Throwable $failure) {
            \Shopbridge\Event\Log::failure($failure);
        }
    }

    private function isDue(): bool
    {
        $last = @filemtime($this->file);

        return $last === false || time() - $last >= self::EVERY;
    }
}
