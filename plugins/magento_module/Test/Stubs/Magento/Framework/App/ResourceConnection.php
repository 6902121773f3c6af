<?php

declare(strict_types=1);

namespace Magento\Framework\App;

class ResourceConnection
{
    public function getConnection($resourceName = 'default')
    {
        throw new \LogicException("no database here: $resourceName");
    }

    public function getTableName($modelEntity, $connectionName = 'default')
    {
        return $modelEntity;
    }
}
