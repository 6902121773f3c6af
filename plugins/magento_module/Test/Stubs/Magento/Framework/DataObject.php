<?php

declare(strict_types=1);

namespace Magento\Framework;

/**
 * Data by name, and the getters and setters that Magento makes of each name.
 */
class DataObject
{
    /** @var array<string, mixed> */
    protected $_data = [];

    public function __construct(array $data = [])
    {
        $this->_data = $data;
    }

    public function setData($key, $value = null)
    {
        $this->_data[$key] = $value;
        return $this;
    }

    public function getData($key = '', $index = null)
    {
        return $key === '' ? $this->_data : $this->_data[$key] ?? null;
    }

    public function hasData($key = '')
    {
        return array_key_exists($key, $this->_data);
    }

    public function __call($method, $args)
    {
        $name = strtolower(ltrim((string) preg_replace('/([A-Z]|[0-9]+)/', '_$1', substr($method, 3)), '_'));
        return str_starts_with($method, 'set') ? $this->setData($name, $args[0] ?? null) : $this->getData($name);
    }
}
