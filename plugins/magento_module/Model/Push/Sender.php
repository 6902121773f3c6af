<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Push;

use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;

/**
 * Asks the hub to push products, or to send their prices or stock: one task, however many calls it takes.
 */
class Sender
{
    public const PUSH = 'push';
    public const PRICES = 'prices';
    public const STOCK = 'stock';
    public const KINDS = [self::PUSH, self::PRICES, self::STOCK];
    /** As many ids as one call takes (plugin contract, section 4). */
    public const A_CALL = 10000;

    public function __construct(private readonly Client $client)
    {
    }

    /**
     * @param list<int|string> $productIds
     * @return array{task_id: string, asked: int}
     * @throws HubException
     */
    public function send(string $kind, array $productIds, string $shopId, string $warehouseId): array
    {
        $batches = array_chunk(array_map('strval', $productIds), self::A_CALL);
        $isOne = count($batches) === 1;
        $task = '';
        $asked = 0;
        foreach ($batches as $number => $ids) {
            $body = ['kind' => $kind, 'shop_id' => $shopId, 'product_ids' => $ids];
            if ($number === 0) {
                $body += ['warehouse_id' => $warehouseId, 'start' => $isOne];
            } else {
                $body += ['append_to' => $task];
            }
            $answer = $this->client->post('tasks', $body);
            $task = (string) $answer['task_id'];
            $asked = (int) $answer['asked'];
        }
        if (!$isOne) {
            $asked = (int) $this->client->post('tasks/' . $task . '/start')['asked'];
        }
        return ['task_id' => $task, 'asked' => $asked];
    }
}
