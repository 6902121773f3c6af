<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Listing;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Where a product may stand on TikTok Shop, in the merchant's words.
 */
final class Statuses
{
    /** As the filter names a product that the hub said nothing of. */
    const NONE = 'none';

    /** What the core colours as it does its own. */
    const COLOURS = ['live' => 'success', 'pushing' => 'info', 'in_review' => 'info', 'needs_attention' => 'warning', 'ready' => 'secondary', 'off' => 'secondary'];

    /** @var callable(string): string */
    private $trans;

    /**
     * @param callable(string): string $trans
     */
    public function __construct(callable $trans)
    {
        $this->trans = $trans;
    }

    public function word(string $status): string
    {
        return $this->words()[$status] ?? $status;
    }

    public static function colour(string $status): string
    {
        return self::COLOURS[$status] ?? 'secondary';
    }

    /**
     * Statuses by their words, as a filter offers them.
     *
     * @return array<string, string>
     */
    public function choices(): array
    {
        return array_flip($this->words());
    }

    /**
     * @return array<string, string>
     */
    private function words(): array
    {
        return [
            self::NONE => $this->say('Not synced'),
            'ready' => $this->say('Ready to push'),
            'pushing' => $this->say('Sending'),
            'in_review' => $this->say('In review'),
            'live' => $this->say('Live'),
            'needs_attention' => $this->say('Needs you'),
            'off' => $this->say('Off'),
        ];
    }

    private function say(string $text): string
    {
        return (string) call_user_func($this->trans, $text);
    }
}
