<?php
/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */

declare(strict_types=1);

namespace Shopbridge\Order;

if (!defined('_PS_VERSION_')) {
    exit;
}

/**
 * Units of an order as parcels name them: by TikTok line id, where each line is one unit, or by SKU.
 */
final class Units
{
    /** @var array<string, int> units by the names that a parcel may use */
    private $known = [];
    /** @var int */
    private $all = 0;

    /**
     * @param array<int, array<string, string|null>> $details
     */
    public function __construct(array $details, ?Key $key)
    {
        foreach ($details as $detail) {
            $this->all += (int) $detail['product_quantity'];
            $sku = (string) $detail['product_reference'];
            if ($sku !== '') {
                $this->known[$sku] = ($this->known[$sku] ?? 0) + (int) $detail['product_quantity'];
            }
        }
        foreach ($key === null ? [] : $key->body['lines'] ?? [] as $line) {
            foreach ($line['line_ids'] as $id) {
                // A whole line may be named by any of its ids, with its quantity.
                $this->known[$id] = (int) $line['quantity'];
            }
        }
    }

    /**
     * How many units a parcel's line names; 0 where it names none of this order's, or too many.
     *
     * @param array<string, mixed> $line
     */
    public function of(array $line): int
    {
        $quantity = (int) ($line['quantity'] ?? 1);
        $most = $this->known[(string) ($line['line_id'] ?? $line['sku'] ?? '')] ?? 0;

        return $quantity > 0 && $quantity <= $most ? $quantity : 0;
    }

    /**
     * Whether these parcels hold everything; one without lines holds all that was left.
     *
     * @param array<int, array<string, string|null>> $parcels
     */
    public function areAllIn(array $parcels): bool
    {
        $shipped = 0;
        foreach ($parcels as $parcel) {
            $lines = (array) json_decode((string) $parcel['lines'], true);
            if ($lines === []) {
                return true;
            }
            foreach ($lines as $line) {
                $shipped += $this->of((array) $line);
            }
        }

        return $parcels !== [] && $shipped >= $this->all;
    }
}
