<?php

declare(strict_types=1);

namespace Magento\Framework;

class Phrase
{
    /**
     * @param array<int|string, mixed> $arguments
     */
    public function __construct(private readonly string $text, private readonly array $arguments = [])
    {
    }

    public function render(): string
    {
        $given = count($this->arguments) === 1 && is_array($this->arguments[0] ?? null) ? $this->arguments[0] : $this->arguments;
        $named = [];
        foreach ($given as $name => $value) {
            $named['%' . (is_int($name) ? $name + 1 : $name)] = (string) $value;
        }
        return strtr($this->text, $named);
    }

    public function __toString(): string
    {
        return $this->render();
    }
}
