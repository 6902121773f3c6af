<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Ui\Component\Form;

use Magento\Framework\AuthorizationInterface;
use Magento\Framework\UrlInterface;
use Magento\Framework\View\Element\UiComponent\ContextInterface;
use Magento\Ui\Component\Container;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Grid\ProductRows;
use Shopbridge\TikTokShop\Model\Grid\Statuses;

/**
 * TikTok Shop on the product page: what the hub told last stands there at once, what to do comes when it answers.
 */
class ListingPanel extends Container
{
    /**
     * @param array<mixed> $components
     * @param array<string, mixed> $data
     */
    public function __construct(
        ContextInterface $context,
        private readonly ProductRows $rows,
        private readonly Config $config,
        private readonly UrlInterface $url,
        private readonly AuthorizationInterface $authorization,
        array $components = [],
        array $data = []
    ) {
        parent::__construct($context, $components, $data);
    }

    public function prepare(): void
    {
        parent::prepare();
        $id = (int) $this->context->getRequestParam('id');
        $isConnected = $this->config->isEnabled() && $this->config->endpoint() !== null;
        $this->setData('config', array_replace((array) $this->getData('config'), [
            'rows' => array_map([$this, 'row'], $id ? $this->rows->detailed($id) : []),
            'url' => $id && $isConnected && $this->authorization->isAllowed('Shopbridge_TikTokShop::push')
                ? $this->url->getUrl('shopbridge/listing/show', ['id' => $id])
                : '',
            'isConnected' => $isConnected,
            'isNew' => $id === 0,
        ]));
    }

    /**
     * @param array<string, mixed> $row
     * @return array<string, mixed>
     */
    private function row(array $row): array
    {
        return [
            'status' => Statuses::word((string) $row['status']),
            'kind' => Statuses::kind((string) $row['status']),
            'sku' => (string) $row['sku'],
            'tiktokId' => (string) $row['tiktok_product_id'],
            'note' => '',
            'problems' => array_map(
                static fn (mixed $says): array => ['says' => is_string($says) ? $says : (string) ($says['says'] ?? ''), 'fix' => ''],
                (array) json_decode((string) $row['problems'], true)
            ),
        ];
    }
}
