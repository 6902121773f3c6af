<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Console\Command;

use Magento\Framework\App\Area;
use Magento\Framework\App\State as AppState;
use Shopbridge\TikTokShop\Model\Removal;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

/**
 * bin/magento shopbridge:remove, for a module whose folder was copied into app/code.
 */
class Remove extends Command
{
    public function __construct(
        private readonly Removal $removal,
        private readonly AppState $appState
    ) {
        parent::__construct();
    }

    protected function configure(): void
    {
        $this->setName('shopbridge:remove')->setDescription(
            'Takes out all that the connector put into the database: triggers, tables and settings. Orders stay.'
        );
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $this->appState->emulateAreaCode(Area::AREA_ADMINHTML, fn () => $this->removal->remove());
        $output->writeln('Removed. Now run: bin/magento module:disable Shopbridge_TikTokShop');
        return Command::SUCCESS;
    }
}
