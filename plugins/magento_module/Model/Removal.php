<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

use Magento\Catalog\Model\Category;
use Magento\Eav\Setup\EavSetupFactory;
use Magento\Framework\App\ResourceConnection;
use Magento\Framework\Mview\ViewInterfaceFactory;
use Magento\Framework\Setup\ModuleDataSetupInterface;
use Shopbridge\TikTokShop\Model\Capture\ChangeLogs;
use Shopbridge\TikTokShop\Model\Category\Choices;

/**
 * Takes out what the module put into the shop, the triggers of its change logs before their tables: a trigger that
 * stays would write into a table that is gone, and every product save would fail. Orders are the merchant's and stay.
 */
class Removal
{
    public function __construct(
        private readonly ResourceConnection $resource,
        private readonly ViewInterfaceFactory $viewFactory,
        private readonly EavSetupFactory $eavSetupFactory,
        private readonly ModuleDataSetupInterface $setup
    ) {
    }

    public function remove(): void
    {
        $connection = $this->resource->getConnection();
        foreach (ChangeLogs::VIEWS as $id) {
            $this->viewFactory->create()->load($id)->unsubscribe();
            $connection->delete($this->resource->getTableName('mview_state'), ['view_id = ?' => $id]);
        }
        $this->eavSetupFactory->create(['setup' => $this->setup])->removeAttribute(Category::ENTITY, Choices::ATTRIBUTE);
        foreach ($connection->getTables($this->resource->getTableName('shopbridge_') . '%') as $table) {
            $connection->dropTable($table);
        }
        foreach (['shopbridge%', 'carriers/shopbridge/%', 'payment/shopbridge/%'] as $paths) {
            $connection->delete($this->resource->getTableName('core_config_data'), ['path LIKE ?' => $paths]);
        }
        $connection->delete($this->resource->getTableName('cron_schedule'), ['job_code LIKE ?' => 'shopbridge_%']);
        // Installed once more, the module sets itself up once more.
        $connection->delete($this->resource->getTableName('patch_list'), ['patch_name LIKE ?' => 'Shopbridge%TikTokShop%']);
    }
}
