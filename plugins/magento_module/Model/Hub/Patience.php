<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Hub;

use Magento\Framework\App\Area;
use Magento\Framework\App\Request\Http;
use Magento\Framework\App\State as AppState;
use Magento\Framework\Exception\LocalizedException;

/**
 * How long this request may wait for the hub: a page of the admin one second in all, what a page's script asks for a few
 * per call, cron and commands as long as a call takes.
 */
class Patience
{
    /** A call that nobody sits and waits for, or of a hub that was heard a moment ago. */
    public const CALL_S = 10.0;
    private const PAGE_S = 1.0;
    private const SCRIPT_S = 3.0;

    private float $waited = 0.0;

    public function __construct(
        private readonly AppState $appState,
        private readonly Http $request
    ) {
    }

    /**
     * Whether a person sits in front of this request.
     */
    public function isWatched(): bool
    {
        try {
            return $this->appState->getAreaCode() === Area::AREA_ADMINHTML;
        } catch (LocalizedException) {
            // A command without an area.
            return false;
        }
    }

    /**
     * How long to wait for the next sign of the hub; 0.0 where there is no time left.
     */
    public function seconds(): float
    {
        if (!$this->isWatched()) {
            return self::CALL_S;
        }
        // A script asks while the page stands already.
        return $this->request->isXmlHttpRequest() ? self::SCRIPT_S : max(0.0, self::PAGE_S - $this->waited);
    }

    public function hasWaited(float $seconds): void
    {
        $this->waited += $seconds;
    }
}
