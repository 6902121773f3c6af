<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Admin;

use Shopbridge\Delivery\Verdict;
use Shopbridge\Event\Subject;
use Shopbridge\Health\Checks;
use Shopbridge\Install\Installer;
use Shopbridge\Outbox\MysqlQueue;
use Shopbridge\Services;
use Shopbridge\Settings\NotAWebhookUrl;
use Shopbridge\Settings\Settings;
use Shopbridge\Settings\WebhookUrl;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The module's page in the back office: the Webhook URL, what is told, and how it is.
 */
final class ConfigurePage
{
    const DOMAIN = 'Modules.Shopbridge.Admin';
    /** Refused events shown at once. */
    const SHOWN = 50;
    /** Seconds that a press of a button may wait for the hub, and for a deliverer that is at work. */
    const SECONDS = 12;

    /** @var \Module */
    private $module;
    /** @var \Context */
    private $context;
    /** @var int shop whose settings are shown; 0: those of all shops */
    private $shop;
    /** @var array<int, array{kind: string, text: string}> */
    private $messages = [];
    /** @var string what stands in the field after a text that was refused */
    private $typed = '';

    public function __construct(\Module $module)
    {
        $this->module = $module;
        $this->context = \Context::getContext();
        $this->shop = \Shop::isFeatureActive() && \Shop::getContext() === \Shop::CONTEXT_SHOP ? (int) $this->context->shop->id : 0;
    }

    /**
     * The page's HTML, after doing what a button asked for.
     */
    public function show(): string
    {
        Installer::keepUp($this->module);
        if (\Tools::isSubmit('shopbridge_save')) {
            $this->save();
        } elseif (\Tools::isSubmit('shopbridge_test')) {
            $this->sendTest();
        } elseif (\Tools::isSubmit('shopbridge_check')) {
            $this->checkNow();
        } elseif (\Tools::isSubmit('shopbridge_retry')) {
            $this->retry((int) \Tools::getValue('shopbridge_retry'));
        } elseif (\Tools::isSubmit('shopbridge_leave')) {
            Services::settings()->leave($this->shop);
            $this->good($this->shop === 0 ? $this->say('The Webhook URL is forgotten. Nothing is sent any more.') : $this->say('This shop follows the settings of all shops again.'));
        }

        return $this->draw();
    }

    private function save(): void
    {
        $settings = Services::settings();
        if (\Shop::isFeatureActive()) {
            // A shop that was added later has neither the module nor its hooks.
            $this->module->enable();
            (new Installer($this->module))->upgrade();
        }
        $on = \Tools::getValue('shopbridge_on', []);
        $settings->switchOff(array_diff(array_keys(Settings::FAMILIES), is_array($on) ? $on : []), $this->shop);
        $text = trim((string) \Tools::getValue('shopbridge_url'));
        if ($text !== '') {
            try {
                $settings->join(WebhookUrl::parse($text), $this->shop, time());
            } catch (NotAWebhookUrl $wrong) {
                // What may hold a secret is not shown again.
                $this->typed = (string) preg_replace('/#.*$/s', '', $text);
                $this->bad($this->wrongUrl($wrong->getCode()));

                return;
            }
        } elseif (!$settings->isJoined($this->shop)) {
            $this->good($this->say('Saved. Paste the Webhook URL as well, so that changes are sent.'));

            return;
        }
        Services::observer()->probe($this->shop ?: (int) \Configuration::get('PS_SHOP_DEFAULT'));
        $this->greet($this->say('Saved, and joined with your hub.'));
    }

    /**
     * Says hello now and tells what came of it.
     */
    private function greet(string $well): void
    {
        $key = WebhookUrl::keyOf(Services::settings()->url($this->shop));
        Services::queue()->askHello($key);
        $outcome = Services::deliverer()->run(self::SECONDS, self::SECONDS);
        $this->ranNow();
        if ($outcome->isBusy) {
            $this->good($this->say('Saved. The hub is greeted within a minute.'));
        } elseif (Services::queue()->link($key)->helloAt > 0 && Services::queue()->link($key)->notice === '') {
            $this->good($well);
        } else {
            $this->bad($this->say('Saved, but the hub is not joined yet. See Hub in the list below.'));
        }
    }

    private function sendTest(): void
    {
        $settings = Services::settings();
        if (!$settings->isJoined($this->shop)) {
            $this->bad($this->say('Save a Webhook URL first; then a test can be sent.'));

            return;
        }
        $key = WebhookUrl::keyOf($settings->url($this->shop));
        $before = Services::queue()->link($key);
        $shops = $settings->links()[$key] ?? [];
        Services::recorder()->record('plugin.test', new Subject('plugin', 'prestashop'), array_slice($shops, 0, 1));
        Services::recorder()->settle();
        Services::queue()->calm($key);
        $outcome = Services::deliverer()->run(self::SECONDS, self::SECONDS);
        $this->ranNow();
        $after = Services::queue()->link($key);
        if (($outcome->last[$key] ?? '') === Verdict::DONE && $after->delivered > $before->delivered) {
            $this->good($this->say('The hub took the test event.'));
        } else {
            $this->bad($this->say('The test event waits here; the hub did not take it yet. See Hub in the list below.'));
        }
    }

    private function checkNow(): void
    {
        Services::observer()->probe($this->shop ?: (int) \Configuration::get('PS_SHOP_DEFAULT'));
        if (Services::settings()->isJoined($this->shop)) {
            $this->greet($this->say('Looked at everything. The list below is fresh.'));
        } else {
            $this->good($this->say('Looked at everything. The list below is fresh.'));
        }
    }

    /**
     * Sends refused events again, as new ones.
     *
     * @param int $number 0: all of them
     */
    private function retry(int $number): void
    {
        $database = Services::database();
        $link = $database->quote(WebhookUrl::keyOf(Services::settings()->url($this->shop)));
        $rows = $database->rows('SELECT id_dead, event FROM ' . $database->table('dead') . ' WHERE link = ' . $link . ($number > 0 ? ' AND id_dead = ' . $number : '') . ' ORDER BY id_dead');
        foreach ($rows as $row) {
            $event = json_decode((string) $row['event'], true);
            if (is_array($event)) {
                (new MysqlQueue($database))->append($event);
            }
            $database->run('DELETE FROM ' . $database->table('dead') . ' WHERE id_dead = ' . (int) $row['id_dead']);
        }
        Services::deliverer()->run(self::SECONDS, self::SECONDS);
        $this->ranNow();
        $this->good($this->say('Sent again: %count%.', ['%count%' => (string) count($rows)]));
    }

    private function draw(): string
    {
        $settings = Services::settings();
        $joined = $settings->isJoined($this->shop);
        $link = $joined ? WebhookUrl::keyOf($settings->url($this->shop)) : '';
        $families = [];
        foreach ($this->familyNames() as $name => $title) {
            $families[] = ['name' => $name, 'title' => $title, 'on' => !in_array($name, $settings->familiesOff($this->shop), true)];
        }
        $say = function (string $text, array $values = []): string {
            return $this->say($text, $values);
        };
        $checks = new Checks($say, [$this, 'time']);
        $this->context->smarty->assign([
            'shopbridge_action' => $this->context->link->getAdminLink('AdminModules', true, [], ['configure' => 'shopbridge']),
            'shopbridge_assets' => $this->module->getPathUri() . 'views/',
            'shopbridge_version' => Services::VERSION,
            'shopbridge_messages' => $this->messages,
            'shopbridge_joined' => $joined,
            'shopbridge_url' => $joined ? $settings->url($this->shop) : '',
            'shopbridge_typed' => $this->typed,
            'shopbridge_families' => $families,
            'shopbridge_checks' => $checks->of(Services::observer()->situation($this->shop)),
            'shopbridge_dead' => $link === '' ? [] : $this->dead($link),
            'shopbridge_cron' => Services::cronUrl(),
            'shopbridge_scope' => $this->scopeSentence(),
            'shopbridge_can_leave' => $joined,
            'shopbridge_leave_is_all' => $this->shop === 0,
        ]);

        return (string) $this->module->display($this->module->getLocalPath() . 'shopbridge.php', 'views/templates/admin/configure.tpl');
    }

    /**
     * @return array<int, array<string, string>>
     */
    private function dead(string $link): array
    {
        $database = Services::database();
        $found = [];
        foreach ($database->rows('SELECT id_dead, event, says, died_at FROM ' . $database->table('dead') . ' WHERE link = ' . $database->quote($link) . ' ORDER BY id_dead DESC LIMIT ' . self::SHOWN) as $row) {
            $event = json_decode((string) $row['event'], true);
            $found[] = [
                'number' => (string) $row['id_dead'],
                'what' => $this->thing((string) ($event['subject']['kind'] ?? ''), (string) ($event['subject']['id'] ?? '')),
                'says' => (string) $row['says'],
                'time' => $this->time((int) strtotime($row['died_at'] . ' UTC')),
            ];
        }

        return $found;
    }

    /**
     * What a refused change was about, as the merchant calls it.
     */
    private function thing(string $kind, string $id): string
    {
        switch ($kind) {
            case 'product':
                return $this->say('Product %id%', ['%id%' => $id]);
            case 'category':
                return $this->say('Category %id%', ['%id%' => $id]);
            case 'order':
                return $this->say('Order %id%', ['%id%' => $id]);
        }

        return $this->say('The whole shop');
    }

    /**
     * @return array<string, string>
     */
    private function familyNames(): array
    {
        return [
            'products' => $this->say('Products, with their combinations and pictures'),
            'stock' => $this->say('Stock'),
            'prices' => $this->say('Special prices'),
            'categories' => $this->say('Categories, and rules that move many prices'),
            'orders' => $this->say('Orders and their states'),
            'shipments' => $this->say('Tracking numbers'),
            'refunds' => $this->say('Refunds'),
        ];
    }

    private function wrongUrl(int $code): string
    {
        if ($code === NotAWebhookUrl::PLATFORM) {
            return $this->say('This Webhook URL belongs to another kind of store. Copy the one of a PrestaShop connection.');
        }
        if ($code === NotAWebhookUrl::SECRET) {
            return $this->say('The end of the Webhook URL is missing. Copy it whole, with everything after the # sign.');
        }

        return $this->say('This is not the Webhook URL that Shopbridge shows. It looks like https://your-hub/hooks/prestashop/…#whsec_….');
    }

    private function scopeSentence(): string
    {
        if (!\Shop::isFeatureActive()) {
            return '';
        }

        return $this->shop === 0 ? $this->say('These settings hold for all shops that have none of their own. Choose a shop at the top to give it its own.')
            : $this->say('These settings hold for the shop %name% only.', ['%name%' => (string) $this->context->shop->name]);
    }

    /**
     * A moment in the shop's own time.
     */
    public function time(int $moment): string
    {
        $isToday = date('Y-m-d', $moment) === date('Y-m-d');

        return date($isToday ? 'H:i:s' : 'Y-m-d H:i', $moment);
    }

    private function ranNow(): void
    {
        Services::trigger()->ran();
        Services::facts()->note(\Shopbridge\Health\Observer::RAN_AT);
    }

    private function good(string $text): void
    {
        $this->messages[] = ['kind' => 'success', 'text' => $text];
    }

    private function bad(string $text): void
    {
        $this->messages[] = ['kind' => 'warning', 'text' => $text];
    }

    /**
     * @param array<string, string> $values
     */
    private function say(string $text, array $values = []): string
    {
        return $this->context->getTranslator()->trans($text, $values, self::DOMAIN);
    }
}
