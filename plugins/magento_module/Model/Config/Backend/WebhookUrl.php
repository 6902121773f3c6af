<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Config\Backend;

use Magento\Framework\App\Cache\TypeListInterface;
use Magento\Framework\App\Config\ScopeConfigInterface;
use Magento\Framework\App\Config\Storage\WriterInterface;
use Magento\Framework\App\Config\Value;
use Magento\Framework\Data\Collection\AbstractDb;
use Magento\Framework\Encryption\EncryptorInterface;
use Magento\Framework\Exception\LocalizedException;
use Magento\Framework\Model\Context;
use Magento\Framework\Model\ResourceModel\AbstractResource;
use Magento\Framework\Registry;
use Shopbridge\TikTokShop\Model\Config;
use Shopbridge\TikTokShop\Model\Hub\WebhookUrl as Reader;

/**
 * The field that takes the hub's whole URL: its secret is cut off before anything is stored, and kept encrypted.
 */
class WebhookUrl extends Value
{
    private string $secret = '';
    private bool $keepsSecret = false;

    /**
     * @param array<string, mixed> $data
     */
    public function __construct(
        Context $context,
        Registry $registry,
        ScopeConfigInterface $config,
        TypeListInterface $cacheTypeList,
        private readonly Reader $reader,
        private readonly WriterInterface $writer,
        private readonly EncryptorInterface $encryptor,
        ?AbstractResource $resource = null,
        ?AbstractDb $resourceCollection = null,
        array $data = []
    ) {
        parent::__construct($context, $registry, $config, $cacheTypeList, $resource, $resourceCollection, $data);
    }

    /**
     * @throws LocalizedException where it is no URL of a hub, or its secret is missing
     */
    public function beforeSave()
    {
        $pasted = trim((string) $this->getValue());
        $this->secret = '';
        $this->keepsSecret = false;
        if ($pasted !== '') {
            $read = $this->reader->read($pasted);
            $this->setValue($read['url']);
            $this->secret = $read['secret'];
            $this->keepsSecret = $this->isKnown($read['url']);
            if ($this->secret === '' && !$this->keepsSecret && $this->reader->namesConnection($read['url'])) {
                throw new LocalizedException(
                    __('The secret is missing: copy the whole Web Hook URL from the hub, with the part from “#” on.')
                );
            }
        }
        return parent::beforeSave();
    }

    /**
     * The secret goes where the address went: kept, replaced, or forgotten with it.
     */
    public function afterSave()
    {
        if ($this->secret !== '') {
            $this->writer->save(Config::SECRET, $this->encryptor->encrypt($this->secret));
        } elseif (!$this->keepsSecret) {
            $this->writer->delete(Config::SECRET);
        }
        return parent::afterSave();
    }

    private function isKnown(string $url): bool
    {
        return $url === (string) $this->getOldValue() && (string) $this->_config->getValue(Config::SECRET) !== '';
    }
}
