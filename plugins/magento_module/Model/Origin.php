<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model;

use Magento\Framework\App\Area;
use Magento\Framework\App\State as AppState;
use Magento\Framework\Exception\LocalizedException;
use Shopbridge\TikTokShop\Model\Delivery\Schedule;

/**
 * Who is writing in this request: the "via" of an event. The hub knows its own echo by "hub".
 */
class Origin
{
    private const BY_AREA = [
        Area::AREA_ADMINHTML => 'admin',
        Area::AREA_WEBAPI_REST => 'api',
        Area::AREA_WEBAPI_SOAP => 'api',
        Area::AREA_FRONTEND => 'checkout',
        Area::AREA_GRAPHQL => 'checkout',
        Area::AREA_CRONTAB => 'cron',
    ];

    private bool $isHub = false;

    /** @var string[] */
    private array $stack = [];

    public function __construct(
        private readonly AppState $appState,
        private readonly Schedule $schedule
    ) {
    }

    /**
     * From here on, what this request writes is the hub's own doing. It also shows that the hub is there.
     */
    public function markHub(): void
    {
        $this->isHub = true;
        $this->schedule->heardHub();
    }

    /**
     * One of admin, api, bulk, import, checkout, cron, sql, hub, unknown.
     */
    public function via(): string
    {
        if ($this->isHub) {
            return 'hub';
        }
        if ($this->stack !== []) {
            return end($this->stack);
        }
        try {
            return self::BY_AREA[$this->appState->getAreaCode()] ?? 'unknown';
        } catch (LocalizedException) {
            // A command without an area.
            return 'unknown';
        }
    }

    /**
     * Runs something that is known to be, say, an import.
     *
     * @template T
     * @param callable(): T $work
     * @return T
     */
    public function during(string $via, callable $work)
    {
        $this->stack[] = $via;
        try {
            return $work();
        } finally {
            array_pop($this->stack);
        }
    }
}
