<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Api\Data;

/**
 * What the module answers to a call of the hub: an HTTP status and a JSON object, as the plugin contract words them.
 *
 * Over REST the object itself is the answer's body; Magento's own serialiser would drop the names in it.
 */
interface AnswerInterface
{
    /**
     * HTTP status.
     *
     * @return int
     */
    public function getStatus(): int;

    /**
     * The JSON object's fields by name.
     *
     * @return mixed[]
     */
    public function getBody(): array;
}
