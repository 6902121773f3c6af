<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Api;

use Magento\Framework\DB\Adapter\ConnectionException;
use Magento\Framework\DB\Adapter\DeadlockException;
use Magento\Framework\DB\Adapter\LockWaitException;
use Magento\Framework\Exception\LocalizedException;
use Magento\Framework\Webapi\Rest\Request;
use Shopbridge\TikTokShop\Api\Data\AnswerInterface;
use Shopbridge\TikTokShop\Model\Order\Refusal;
use Shopbridge\TikTokShop\Model\Origin;

/**
 * One call of the hub: its body and query as sent, and how a "no" is answered.
 */
class Call
{
    public function __construct(private readonly Request $request, private readonly Origin $origin)
    {
    }

    /**
     * The request's JSON as it came; null for what is none.
     */
    public function body(): mixed
    {
        return json_decode((string) $this->request->getContent(), true, 64);
    }

    /**
     * A part of the query; empty where it is missing.
     */
    public function query(string $name): string
    {
        $value = $this->request->getQueryValue($name);
        return is_string($value) ? $value : '';
    }

    /**
     * Does the work as the hub's own writing and answers; what the shop refuses is answered in the contract's words.
     *
     * @param callable(): AnswerInterface $work
     */
    public function answer(callable $work): AnswerInterface
    {
        $this->origin->markHub();
        try {
            return $work();
        } catch (Refusal $refusal) {
            return new Answer($refusal->body, $refusal->status);
        } catch (DeadlockException | LockWaitException | ConnectionException $exception) {
            return $this->refused(Refusal::later('the shop is busy with this order'));
        } catch (LocalizedException $exception) {
            return $this->refused(Refusal::problem('refused', '', $exception->getMessage()));
        }
    }

    private function refused(Refusal $refusal): AnswerInterface
    {
        return new Answer($refusal->body, $refusal->status);
    }
}
