<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Attribute;

use Shopbridge\TikTokShop\Model\Hub\Client;
use Shopbridge\TikTokShop\Model\Hub\HubException;
use Shopbridge\TikTokShop\Model\TikTok\Settings;

/**
 * Which Magento attribute answers which TikTok Shop attribute, for all products of some TikTok categories. The hub keeps it.
 */
class Mapping
{
    private const A_CALL = 500;
    private const PAGES = 50;
    public const MOST = 20;

    public function __construct(
        private readonly Client $client,
        private readonly Settings $settings,
        private readonly StoreAttributes $storeAttributes,
        private readonly Matcher $matcher
    ) {
    }

    /**
     * The TikTok categories in use, each with the shop's categories behind it.
     *
     * @return array<string, array{id: string, path: string, scopes: list<string>}>
     * @throws HubException
     */
    public function categories(): array
    {
        $found = [];
        $cursor = '';
        for ($page = 0; $page < self::PAGES; $page++) {
            $answer = $this->client->get('category-mappings', ['shop_id' => $this->settings->shopId(), 'limit' => 200, 'cursor' => $cursor]);
            foreach ((array) $answer['mappings'] as $one) {
                if ($one['category_id'] !== '' && $one['confirmed_at'] !== null) {
                    $id = (string) $one['category_id'];
                    $found[$id] ??= ['id' => $id, 'path' => (string) ($one['category_path'] ?: $id), 'scopes' => []];
                    $found[$id]['scopes'][] = (string) $one['store_category_id'];
                }
            }
            $cursor = (string) ($answer['next'] ?? '');
            if ($cursor === '') {
                break;
            }
        }
        uasort($found, static fn (array $one, array $other): int => $one['path'] <=> $other['path']);
        return $found;
    }

    /**
     * What these TikTok categories ask for, and what answers it.
     *
     * @param list<string> $categoryIds
     * @return list<array{id: string, name: string, isSale: bool, required: bool, from: string, fixed: string, automatic: string}>
     * @throws HubException
     */
    public function attributes(array $categoryIds): array
    {
        $inUse = $this->categories();
        $chosen = $this->chosen($inUse, $categoryIds);
        $found = [];
        foreach (array_slice(array_intersect($categoryIds, array_map('strval', array_keys($inUse))), 0, self::MOST) as $category) {
            $asked = $this->client->get('categories/' . rawurlencode($category) . '/attributes', ['shop_id' => $this->settings->shopId()]);
            foreach ((array) $asked['attributes'] as $one) {
                $id = (string) $one['id'];
                $found[$id] ??= $this->row($one, (array) ($chosen[$id] ?? []));
                $found[$id]['required'] = $found[$id]['required'] || $one['required'];
            }
        }
        usort($found, static fn (array $one, array $other): int => [$one['isSale'], !$one['required'], $one['name']]
            <=> [$other['isSale'], !$other['required'], $other['name']]);
        return $found;
    }

    /**
     * Keeps the choices for all of the shop's categories behind these TikTok categories.
     *
     * @param list<string> $categoryIds
     * @param array<string, array<string, string>> $choices by TikTok attribute: {from: label} or a fixed value
     * @return int how many of the shop's categories
     * @throws HubException
     */
    public function save(array $categoryIds, array $choices): int
    {
        $inUse = $this->categories();
        $scopes = array_merge([], ...array_map(static fn (string $id): array => $inUse[$id]['scopes'] ?? [], $categoryIds));
        foreach (array_chunk($scopes, self::A_CALL) as $some) {
            $this->client->put('attribute-mappings', [
                'shop_id' => $this->settings->shopId(),
                'scope' => $some,
                'attributes' => $choices === [] ? new \stdClass() : $choices,
            ]);
        }
        return count($scopes);
    }

    /**
     * @param array<string, mixed> $one as the hub tells an attribute
     * @param array<string, string> $chosen
     * @return array{id: string, name: string, isSale: bool, required: bool, from: string, fixed: string, automatic: string}
     */
    private function row(array $one, array $chosen): array
    {
        $from = (string) ($chosen['from'] ?? '');
        $attributes = $this->storeAttributes->all();
        return [
            'id' => (string) $one['id'],
            'name' => (string) $one['name'],
            'isSale' => (bool) $one['is_sales'],
            'required' => (bool) $one['required'],
            'from' => $from === '' ? '' : (string) ($this->matcher->find($from, $attributes)['code'] ?? ''),
            'fixed' => $from === '' ? (string) ($chosen['text'] ?? $chosen['value_id'] ?? '') : '',
            'automatic' => (string) ($this->matcher->find((string) $one['name'], $attributes)['code'] ?? ''),
        ];
    }

    /**
     * What was chosen before, taken from the first category that has an answer.
     *
     * @param array<string, array{id: string, path: string, scopes: list<string>}> $inUse
     * @param list<string> $categoryIds
     * @return array<string, array<string, string>>
     * @throws HubException
     */
    private function chosen(array $inUse, array $categoryIds): array
    {
        $found = [];
        foreach ($categoryIds as $category) {
            $scope = $inUse[$category]['scopes'][0] ?? '';
            if ($scope === '') {
                continue;
            }
            $answer = $this->client->get('attribute-mappings', ['shop_id' => $this->settings->shopId(), 'scope' => $scope]);
            foreach ((array) ($answer['mappings'] ?? []) as $mapping) {
                $found += (array) $mapping['attributes'];
            }
        }
        return $found;
    }
}
