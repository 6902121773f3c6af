<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Attribute;

use Magento\Catalog\Model\ResourceModel\Product\Attribute\CollectionFactory;

/**
 * The shop's product attributes that may answer what TikTok Shop asks: those that the merchant made, as the hub reads no others.
 */
class StoreAttributes
{
    private const NO_ANSWER = ['gallery', 'media_image', 'weee', 'hidden', 'date', 'datetime'];

    /** @var array<string, array{code: string, label: string, inListing: bool}>|null */
    private ?array $rows = null;

    public function __construct(private readonly CollectionFactory $collectionFactory)
    {
    }

    /**
     * @return array<string, array{code: string, label: string, inListing: bool}> by code; `inListing`: Used in Product Listing
     */
    public function all(): array
    {
        if ($this->rows === null) {
            $this->rows = [];
            $collection = $this->collectionFactory->create()->addVisibleFilter()
                ->addFieldToFilter('is_user_defined', 1)->setOrder('frontend_label', 'ASC');
            foreach ($collection as $attribute) {
                $label = trim((string) $attribute->getData('frontend_label'));
                if ($label !== '' && !in_array($attribute->getData('frontend_input'), self::NO_ANSWER, true)) {
                    $code = (string) $attribute->getData('attribute_code');
                    $this->rows[$code] = [
                        'code' => $code,
                        'label' => $label,
                        'inListing' => (bool) $attribute->getData('used_in_product_listing'),
                    ];
                }
            }
        }
        return $this->rows;
    }
}
