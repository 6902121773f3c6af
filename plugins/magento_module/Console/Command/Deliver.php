<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Console\Command;

use Magento\Framework\App\Area;
use Magento\Framework\App\State as AppState;
use Shopbridge\TikTokShop\Model\Delivery\Deliverer;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

/**
 * bin/magento shopbridge:deliver, for a shop that has a better clock than cron, and for looking closely.
 */
class Deliver extends Command
{
    public function __construct(
        private readonly Deliverer $deliverer,
        private readonly AppState $appState
    ) {
        parent::__construct();
    }

    protected function configure(): void
    {
        $this->setName('shopbridge:deliver')->setDescription('Delivers to the hub what waits, as cron does every minute.');
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $result = $this->appState->emulateAreaCode(Area::AREA_CRONTAB, fn () => $this->deliverer->run());
        $output->writeln($result->hadLock
            ? sprintf('%d messages sent, %d changes taken, %d refused.', $result->sent, $result->events, $result->refused)
            : 'Another run delivers already.');
        return Command::SUCCESS;
    }
}
