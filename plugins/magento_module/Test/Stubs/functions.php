<?php

declare(strict_types=1);

if (!function_exists('__')) {
    function __(string $text, mixed ...$arguments): Magento\Framework\Phrase
    {
        return new Magento\Framework\Phrase($text, $arguments);
    }
}
