<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Api;

use Shopbridge\Digest\Digest;
use Shopbridge\Health\Check;
use Shopbridge\Health\Checks;
use Shopbridge\Listing\Listings;
use Shopbridge\Offers\Offers;
use Shopbridge\Order\OrderCalls;
use Shopbridge\Services;
use Shopbridge\Settings\Stores;
use Shopbridge\Settings\WebhookUrl;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * What the hub can ask of this module (plugin contract, section 3), by its name.
 */
final class Calls
{
    /** @var \PaymentModule */
    private $module;
    /** @var int the shop whose address was called */
    private $called;

    public function __construct(\PaymentModule $module, int $called)
    {
        $this->module = $module;
        $this->called = $called;
    }

    /**
     * The answer to a body that came from the hub.
     */
    public function answer(string $body): Answer
    {
        $asked = json_decode($body, true, 32);
        if (!is_array($asked) || !is_array($asked['with'] ?? [])) {
            return Answer::malformed('', 'the body is {"do": …, "with": {…}}');
        }
        $given = $asked['with'] ?? [];
        $shop = $this->shop($given);
        if ($shop === 0) {
            return Answer::malformed('store', 'there is no such shop behind this Webhook URL');
        }
        $this->enter($shop);
        $database = Services::database();
        $orders = new OrderCalls($this->module, $database);
        switch ($asked['do'] ?? '') {
            case 'orders.create':
                return $orders->create($given, $shop);
            case 'orders.find':
                return $orders->find($given);
            case 'orders.list':
                return $orders->list($given, $this->shops());
            case 'orders.ship':
                return $orders->ship($given);
            case 'orders.cancel':
                return $orders->cancel($given);
            case 'orders.refund':
                return $orders->refund($given);
            case 'orders.status':
                return $orders->status($given);
            case 'offers':
                return (new Offers($database, $shop))->run($given);
            case 'digest':
                return (new Digest($database, $shop))->run($given);
            case 'listings.put':
                return (new Listings($database))->run($given);
            case 'health':
                return new Answer(200, $this->health());
            default:
                return Answer::malformed('do', 'there is nothing of this name');
        }
    }

    /**
     * The shop that `store` names, if the same Webhook URL stands for it; else 0.
     *
     * @param array<string, mixed> $given
     */
    private function shop(array $given): int
    {
        $shop = Stores::shop(is_string($given['store'] ?? null) ? $given['store'] : '', $this->called);

        return in_array($shop, $this->shops(), true) ? $shop : 0;
    }

    /**
     * The shops behind the Webhook URL of the shop that was called.
     *
     * @return int[]
     */
    private function shops(): array
    {
        $settings = Services::settings();

        return $settings->links()[WebhookUrl::keyOf($settings->url($this->called))] ?? [];
    }

    /**
     * Makes a shop the present one, as a visit to its own address would.
     */
    private function enter(int $shop): void
    {
        $context = \Context::getContext();
        if ((int) $context->shop->id !== $shop) {
            $context->shop = new \Shop($shop);
        }
        \Shop::setContext(\Shop::CONTEXT_SHOP, $shop);
    }

    /**
     * Hello's facts with the checks of the health page, in English: the hub words them for its own reader.
     *
     * @return array<string, mixed>
     */
    private function health(): array
    {
        $checks = new Checks(static function (string $text, array $values = []): string {
            return strtr($text, $values);
        }, [Moment::class, 'text']);
        $rows = [];
        foreach ($checks->of(Services::observer()->situation($this->called)) as $check) {
            $rows[] = ['name' => $check->name, 'ok' => $check->state !== Check::NEED, 'says' => trim($check->says . ' ' . $check->todo)];
        }

        return Services::facts()->hello($this->shops()) + ['checks' => $rows];
    }
}
