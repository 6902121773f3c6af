<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

use Shopbridge\Api\Answer;
use Shopbridge\Api\Calls;
use Shopbridge\Api\Guard;
use Shopbridge\Api\Moment;
use Shopbridge\Api\NotAdmitted;
use Shopbridge\Api\SeenTable;
use Shopbridge\Crypto\Keys;
use Shopbridge\Crypto\Signature;
use Shopbridge\Event\Log;
use Shopbridge\Event\Via;
use Shopbridge\Services;
use Shopbridge\Settings\WebhookUrl;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * The door for the hub's calls: `{"do": …, "with": {…}}`, signed with K2; each answer is signed with K3 under the call's id.
 */
class ShopbridgeApiModuleFrontController extends ModuleFrontController
{
    /** Bytes that a call may have: 500 listings with all their problems stay far below. */
    const LARGEST = 2097152;

    /** Seconds that a call may take. */
    const SECONDS = 120;

    public function postProcess(): void
    {
        // Whatever another module prints would break the signature.
        ob_start();
        ignore_user_abort(true);
        @set_time_limit(self::SECONDS);
        $body = (string) file_get_contents('php://input', false, null, 0, self::LARGEST + 1);
        $headers = [];
        foreach (['id', 'timestamp', 'signature'] as $name) {
            $headers['webhook-' . $name] = (string) ($_SERVER['HTTP_WEBHOOK_' . strtoupper($name)] ?? '');
        }
        $now = time();
        try {
            $keys = (new Guard(new SeenTable(Services::database())))
                ->admit(Services::settings()->acceptedKeys((int) $this->context->shop->id, $now), $headers, $body, $now);
        } catch (NotAdmitted $refusal) {
            $told = ['code' => $refusal->word] + ($refusal->word === 'clock' ? ['server_time' => Moment::text($now)] : []);
            $this->send(new Answer($refusal->status, $told), $refusal->keys, $headers['webhook-id']);
        }
        Via::actAs('hub');
        Services::queue()->calm(WebhookUrl::keyOf(Services::settings()->url((int) $this->context->shop->id)));
        try {
            $answer = strlen($body) > self::LARGEST ? new Answer(413, ['code' => 'too_large'])
                : (new Calls($this->module, (int) $this->context->shop->id))->answer($body);
        } catch (\Throwable $failure) {
            Log::failure($failure);
            $answer = new Answer(500, ['code' => 'failed', 'says' => 'The shop stopped in the middle. Its log has the reason.']);
        }
        $this->send($answer, $keys, $headers['webhook-id']);
    }

    /**
     * A closed shop still takes orders that were paid for elsewhere.
     */
    protected function displayMaintenancePage(): void
    {
    }

    protected function displayRestrictedCountryPage(): void
    {
    }

    /**
     * @return never
     */
    private function send(Answer $answer, ?Keys $keys, string $id): void
    {
        $body = (string) json_encode($answer->body, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
        while (ob_get_level() > 0) {
            ob_end_clean();
        }
        http_response_code($answer->status);
        header('Content-Type: application/json');
        header('Cache-Control: no-store');
        foreach ($keys === null ? [] : Signature::headers($keys->k3, $id, time(), $body) as $name => $value) {
            header($name . ': ' . $value);
        }
        echo $body;
        exit;
    }
}
