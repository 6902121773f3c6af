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
 * The guest and the addresses of an order. PrestaShop's validators decide what of TikTok Shop's texts can be kept.
 */
final class Buyer
{
    /** @var int */
    private $shop;
    /** @var int */
    private $language;

    public function __construct(int $shop, int $language)
    {
        $this->shop = $shop;
        $this->language = $language;
    }

    /**
     * @param array<string, mixed> $body of `orders.create`
     */
    public function guest(array $body): \Customer
    {
        $customer = new \Customer();
        $names = Clean::customerNames((string) ($body['ship_to']['name'] ?: $body['buyer']['name'] ?? ''));
        list($customer->firstname, $customer->lastname) = $names;
        $email = (string) ($body['buyer']['email'] ?? '');
        // Where TikTok Shop gives none, or a masked one, the address is one that can never be delivered to.
        $customer->email = strpos($email, '*') === false && \Validate::isEmail($email) ? $email : $body['key'] . '@tiktok.invalid';
        // Nobody knows what this is the hash of, as nobody signs in as a guest.
        $customer->passwd = '$2y$10$' . substr(strtr(base64_encode(random_bytes(48)), '+=', './'), 0, 53);
        $customer->is_guest = true;
        $customer->active = true;
        $customer->newsletter = false;
        $customer->optin = false;
        $customer->id_lang = $this->language;
        $customer->id_shop = $this->shop;
        $customer->id_shop_group = (int) \Shop::getGroupFromShop($this->shop);
        $customer->id_default_group = (int) \Configuration::get('PS_GUEST_GROUP');
        if (!$customer->add()) {
            throw new \RuntimeException('the shop did not save the guest');
        }

        return $customer;
    }

    /**
     * @param array<string, mixed> $given `ship_to` or `bill_to`
     */
    public function address(\Customer $customer, array $given, string $phone): \Address
    {
        $country = (int) \Country::getByIso((string) $given['country']);
        $address = new \Address();
        $address->id_customer = (int) $customer->id;
        $address->id_country = $country;
        $address->id_state = $this->state((string) ($given['region'] ?? ''), $country);
        $address->alias = 'TikTok Shop';
        list($address->firstname, $address->lastname) = Clean::addressNames((string) $given['name']);
        $lines = array_values(array_filter(array_map([Clean::class, 'street'], array_filter($given['lines'] ?? [], 'is_string')), 'strlen'));
        $address->address1 = $lines === [] ? Clean::NONE : array_shift($lines);
        $address->address2 = (string) array_shift($lines);
        $more = $lines;
        if ($address->id_state === 0 && (string) ($given['region'] ?? '') !== '') {
            $more[] = Clean::street((string) $given['region']);
        }
        $address->other = Clean::words(implode(', ', $more), 300);
        $address->postcode = Clean::postcode((string) ($given['postcode'] ?? ''));
        $address->city = Clean::city((string) ($given['city'] ?? ''));
        $address->phone = Clean::phone((string) ($given['phone'] ?? '') ?: $phone);
        if (!$address->add()) {
            throw new \RuntimeException('the shop did not save the address');
        }

        return $address;
    }

    private function state(string $region, int $country): int
    {
        if ($region === '' || !\Country::containsStates($country)) {
            return 0;
        }
        $state = (int) \State::getIdByIso($region, $country);
        if ($state === 0) {
            $named = new \State((int) \State::getIdByName($region));
            $state = (int) $named->id_country === $country ? (int) $named->id : 0;
        }

        return $state;
    }
}
