<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Setup\Patch\Data;

use Magento\Catalog\Model\Category;
use Magento\Eav\Model\Entity\Attribute\ScopedAttributeInterface;
use Magento\Eav\Setup\EavSetupFactory;
use Magento\Framework\Setup\ModuleDataSetupInterface;
use Magento\Framework\Setup\Patch\DataPatchInterface;
use Magento\Framework\Setup\Patch\PatchRevertableInterface;
use Shopbridge\TikTokShop\Model\Category\Choices;

/**
 * The category field "Categories in TikTok Shop", with a value for each store view.
 */
class AddCategoryAttribute implements DataPatchInterface, PatchRevertableInterface
{
    public function __construct(
        private readonly ModuleDataSetupInterface $setup,
        private readonly EavSetupFactory $eavSetupFactory
    ) {
    }

    public function apply(): self
    {
        $this->eavSetupFactory->create(['setup' => $this->setup])->addAttribute(Category::ENTITY, Choices::ATTRIBUTE, [
            'type' => 'varchar',
            'label' => 'Categories in TikTok Shop',
            'input' => 'text',
            'global' => ScopedAttributeInterface::SCOPE_STORE,
            'required' => false,
            'user_defined' => false,
            'visible' => true,
            'default' => '',
            'group' => 'General Information',
            'sort_order' => 200,
        ]);
        return $this;
    }

    public function revert(): void
    {
        $this->eavSetupFactory->create(['setup' => $this->setup])->removeAttribute(Category::ENTITY, Choices::ATTRIBUTE);
    }

    /**
     * @return list<string>
     */
    public static function getDependencies(): array
    {
        return [];
    }

    /**
     * @return list<string>
     */
    public function getAliases(): array
    {
        return [];
    }
}
