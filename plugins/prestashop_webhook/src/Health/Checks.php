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

use Shopbridge\Crypto\Signature;
use Shopbridge\Outbox\Link;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The health list, in the merchant's words.
 */
final class Checks
{
    /** Seconds without cron after which the list says so. */
    const CRON_MISSED = 900;
    /** Seconds that an event may wait before the list says so. */
    const QUEUE_OLD = 900;

    /** @var callable(string, array<string, string>): string */
    private $say;
    /** @var callable(int): string */
    private $time;

    /**
     * @param callable(string, array<string, string>): string $say translates one of our sentences
     * @param callable(int): string $time writes a moment as the merchant reads it
     */
    public function __construct(callable $say, callable $time)
    {
        $this->say = $say;
        $this->time = $time;
    }

    /**
     * @return Check[]
     */
    public function of(Situation $now): array
    {
        return [
            $this->hub($now), $this->clock($now), $this->webservice($now), $this->key($now),
            $this->cron($now), $this->queue($now), $this->delivered($now), $this->failed($now),
        ];
    }

    private function hub(Situation $now): Check
    {
        $title = $this->say('Hub');
        if (!$now->isJoined) {
            return new Check('hub', Check::IDLE, $title, $this->say('No Webhook URL is saved yet.'), $this->say('Copy it from your connection in Shopbridge, paste it above, and save.'));
        }
        $again = $this->say('Copy the Webhook URL anew from your connection in Shopbridge, paste it above, and save.');
        if ($now->isSecretLost || $now->link === null) {
            return new Check('hub', Check::NEED, $title, $this->say('The secret of the Webhook URL can no longer be read; the shop was moved or its key changed.'), $again);
        }
        $wait = $this->say('Changes wait here and are sent as soon as it works.');
        $link = $now->link;
        switch ($link->notice) {
            case Link::SILENT:
                return new Check('hub', Check::NEED, $title, $this->say('%host% does not answer (%says%).', ['%host%' => $now->host, '%says%' => $link->noticeSays]),
                    $this->say('Check that the hub runs, and that this server may call it.') . ' ' . $wait);
            case Link::SIGNATURE:
                return new Check('hub', Check::NEED, $title, $this->say('The hub does not accept the secret of this Webhook URL.'), $again);
            case Link::UNKNOWN:
                return new Check('hub', Check::NEED, $title, $this->say('The hub does not know this Webhook URL.'), $again);
            case Link::UNSIGNED:
                return new Check('hub', Check::NEED, $title, $this->say('Something at %host% answers in the hub’s place.', ['%host%' => $now->host]), $again);
            case Link::REFUSED:
                return new Check('hub', Check::NEED, $title, $this->say('The hub did not understand this module.'), $this->say('Download the module again in Shopbridge and upload it here.'));
            case Link::REMOVED:
                return new Check('hub', Check::NEED, $title, $this->say('This connection was removed in Shopbridge; nothing is sent any more.'),
                    $this->say('Make a connection there and paste its Webhook URL above.'));
            case Link::STATUS:
                return new Check('hub', Check::NEED, $title, $this->say('The hub answered with code %code%.', ['%code%' => $link->noticeSays]), $this->say('Tell whoever runs the hub.') . ' ' . $wait);
            case Link::BUSY:
                return new Check('hub', Check::IDLE, $title, $this->say('The hub asked us to come back at %time%.', ['%time%' => $this->time($link->notBefore)]));
        }
        if ($link->helloAt === 0) {
            return new Check('hub', Check::IDLE, $title, $this->say('Not joined yet.'), $this->say('Press “Check now”.'));
        }

        return new Check('hub', Check::OK, $title, $this->say('Joined with %host%; last greeted at %time%.', ['%host%' => $now->host, '%time%' => $this->time($link->helloAt)]));
    }

    private function clock(Situation $now): Check
    {
        $title = $this->say('Clock');
        $link = $now->link;
        if ($link === null || ($link->helloAt === 0 && $link->notice !== Link::CLOCK)) {
            return new Check('clock', Check::IDLE, $title, $this->say('Compared with the hub’s once it has answered.'));
        }
        if ($link->notice === Link::CLOCK || abs($link->skew) > Signature::SKEW) {
            $minutes = (string) max(1, (int) round(abs($link->skew) / 60));
            $says = $link->skew >= 0 ? $this->say('This server’s clock is %minutes% min ahead.', ['%minutes%' => $minutes])
                : $this->say('This server’s clock is %minutes% min late.', ['%minutes%' => $minutes]);

            return new Check('clock', Check::NEED, $title, $says, $this->say('Ask your host to set the clock. More than five minutes and the hub takes nothing from here.'));
        }

        return new Check('clock', Check::OK, $title, $this->say('Within %seconds% s of the hub’s.', ['%seconds%' => (string) abs($link->skew)]));
    }

    private function webservice(Situation $now): Check
    {
        $title = $this->say('Webservice');
        $look = $this->say('Advanced Parameters › Webservice:') . ' ';
        if (!$now->isWebserviceOn) {
            return new Check('webservice', Check::NEED, $title, $this->say('The webservice is off, so the hub can’t read your products.'), $look . $this->say('switch on “Enable PrestaShop’s webservice”, and save.'));
        }
        switch ($now->probe) {
            case Probe::OK:
                return new Check('webservice', Check::OK, $title, $this->say('On, and it sees who signs in. Looked at %time%.', ['%time%' => $this->time($now->probedAt)]));
            case Probe::DROPPED:
                return new Check('webservice', Check::NEED, $title, $this->say('Your web server drops the sign-in (the Authorization header, as PHP in CGI mode does).'),
                    $look . $this->say('switch on “Enable CGI mode for PHP”, and save. Does it stay? Then tick “Send the key in the address” in Shopbridge.'));
            case Probe::NOT_FOUND:
                return new Check('webservice', Check::NEED, $title, $this->say('The webservice’s address is not found.'), $this->say('Shop Parameters › Traffic & SEO: switch on “Friendly URL”, and save.'));
            case Probe::SILENT:
                return new Check('webservice', Check::NEED, $title, $this->say('The shop could not call its own webservice.'), $this->say('The hub may still reach it. Look at the connection’s Health in Shopbridge.'));
        }

        return new Check('webservice', Check::IDLE, $title, $this->say('On. Not tried yet.'), $this->say('Press “Check now”.'));
    }

    private function key(Situation $now): Check
    {
        $title = $this->say('Webservice key');
        if ($now->key === null) {
            return new Check('key', Check::NEED, $title, $this->say('There is no active key.'),
                $this->say('Advanced Parameters › Webservice: add a key, tick “View” for all resources, and paste the key in Shopbridge.'));
        }
        if ($now->missingRights !== []) {
            return new Check('key', Check::NEED, $title, $this->say('The key “%name%” may not view: %rights%.', ['%name%' => $now->key, '%rights%' => implode(', ', $now->missingRights)]),
                $this->say('Advanced Parameters › Webservice: edit the key, tick “View” for these resources, and save.'));
        }

        return new Check('key', Check::OK, $title, $this->say('The key “%name%” may view all that the hub needs.', ['%name%' => $now->key]));
    }

    private function cron(Situation $now): Check
    {
        $title = $this->say('Cron');
        $todo = $this->say('Let your server call the address below every minute.');
        if ($now->cronSeenAt > 0 && $now->now - $now->cronSeenAt < self::CRON_MISSED) {
            return new Check('cron', Check::OK, $title, $this->say('Last called at %time%.', ['%time%' => $this->time($now->cronSeenAt)]));
        }
        $ran = $now->ranAt === 0 ? $this->say('The sending has not run yet.') : $this->say('The sending last ran at %time%, after someone used the shop.', ['%time%' => $this->time($now->ranAt)]);
        if ($now->cronSeenAt === 0) {
            return new Check('cron', Check::IDLE, $title, $this->say('No cron has called.') . ' ' . $ran, $todo);
        }

        return new Check('cron', Check::NEED, $title, $this->say('No cron has called since %time%.', ['%time%' => $this->time($now->cronSeenAt)]) . ' ' . $ran, $todo);
    }

    private function queue(Situation $now): Check
    {
        $title = $this->say('Waiting');
        if ($now->waiting === 0) {
            return new Check('queue', Check::OK, $title, $this->say('Nothing waits.'));
        }
        $minutes = (string) (int) floor($now->oldest / 60);
        $says = $this->say('%count% waiting, the oldest for %minutes% min.', ['%count%' => (string) $now->waiting, '%minutes%' => $minutes]);
        if ($now->oldest < self::QUEUE_OLD) {
            return new Check('queue', Check::IDLE, $title, $says);
        }

        return new Check('queue', Check::NEED, $title, $says, $this->say('Nothing is lost. Look at Hub and Cron in this list.'));
    }

    private function delivered(Situation $now): Check
    {
        $title = $this->say('Sent');
        if ($now->link === null || $now->link->deliveredAt === 0) {
            return new Check('delivered', Check::IDLE, $title, $this->say('Nothing was sent yet.'));
        }

        return new Check('delivered', Check::OK, $title, $this->say('%count% in all, the last at %time%.', ['%count%' => (string) $now->link->delivered, '%time%' => $this->time($now->link->deliveredAt)]));
    }

    private function failed(Situation $now): Check
    {
        $title = $this->say('Refused');
        if ($now->failed === 0) {
            return new Check('failed', Check::OK, $title, $this->say('The hub refused nothing.'));
        }

        return new Check('failed', Check::NEED, $title, $this->say('Refused for good: %count%.', ['%count%' => (string) $now->failed]), $this->say('See why below, and send them again.'));
    }

    /**
     * @param array<string, string> $values
     */
    private function say(string $text, array $values = []): string
    {
        return call_user_func($this->say, $text, $values);
    }

    private function time(int $moment): string
    {
        return call_user_func($this->time, $moment);
    }
}
