<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Setup\Patch\Data;

use Magento\Framework\App\Config\Storage\WriterInterface;
use Magento\Framework\Math\Random;
use Magento\Framework\Setup\Patch\DataPatchInterface;
use Magento\Framework\Setup\Patch\PatchRevertableInterface;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * Draws this installation's Authorize State.
 */
class MakeAuthorizeState implements DataPatchInterface, PatchRevertableInterface
{
    private const LENGTH = 32;

    public function __construct(
        private readonly WriterInterface $writer,
        private readonly Random $random
    ) {
    }

    public function apply(): self
    {
        $this->writer->save(Settings::AUTHORIZE_STATE, $this->random->getRandomString(self::LENGTH));
        return $this;
    }

    public function revert(): void
    {
        $this->writer->delete(Settings::AUTHORIZE_STATE);
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
