<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Delivery;

use Magento\Framework\Phrase;

/**
 * Why nothing is delivered, as a word that is kept and a sentence that is shown.
 */
class Notice
{
    public const CLOCK = 'clock';
    public const SECRET = 'secret';
    public const UNKNOWN = 'unknown';
    public const SILENT = 'silent';
    public const REMOVED = 'removed';
    public const FORGED = 'forged';
    public const FAILING = 'failing';

    /**
     * What happened, for the merchant.
     */
    public function says(string $notice): Phrase
    {
        return match ($notice) {
            self::CLOCK => __('This server\'s clock differs from the hub\'s by more than five minutes.'),
            self::SECRET => __('The hub does not accept the secret.'),
            self::UNKNOWN => __('The hub does not know this Web Hook URL.'),
            self::SILENT => __('The hub does not answer.'),
            self::REMOVED => __('This connection was removed in the hub.'),
            self::FORGED => __('An answer came that was not the hub\'s.'),
            default => __('The hub could not take the changes.'),
        };
    }

    /**
     * What to do about it.
     */
    public function fix(string $notice): Phrase
    {
        return match ($notice) {
            self::CLOCK => __('Set this server\'s clock, or ask your host to.'),
            self::SECRET, self::UNKNOWN, self::FORGED => __('Copy the Web Hook URL from the hub again and save it here.'),
            self::REMOVED => __('Connect again in the hub and paste the new Web Hook URL here.'),
            default => __('Nothing is lost: changes wait here and go out when the hub is back.'),
        };
    }

    /**
     * The word for an answer that leaves the queue waiting.
     *
     * @param array<string, mixed> $body
     */
    public function of(int $status, array $body): string
    {
        return match (true) {
            $status === 401 && ($body['code'] ?? '') === 'clock' => self::CLOCK,
            $status === 401 => self::SECRET,
            $status === 404 => self::UNKNOWN,
            $status === 0 => self::SILENT,
            default => self::FAILING,
        };
    }
}
