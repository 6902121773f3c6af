<?php

declare(strict_types=1);

namespace Shopbridge\Tests;

use PHPUnit\Framework\TestCase;
use Shopbridge\Order\Clean;

/**
 * Masked and odd texts of TikTok Shop pass PrestaShop's validators (their patterns in 8 and 9), and nothing is made up.
 */
final class CleanTest extends TestCase
{
    const CUSTOMER = '/^(?!\s*$)(?:[^0-9!<>,;?=+()\/\\\\@#"°*`{}_^$%:¤\[\]|\.。]|[。\.](?:\s|$))*$/u';
    const ADDRESS = '/^[^0-9!<>,;?=+()@#"°{}_$%:¤|]*$/u';
    const STREET = '/^[^!<>?=+@{}_$%]*$/u';
    const CITY = '/^[^!<>;?=+@#"°{}_$%]*$/u';
    const POSTCODE = '/^[a-zA-Z 0-9-]+$/';
    const PHONE = '/^[+0-9. ()\/-]*$/';

    /**
     * @dataProvider names
     *
     * @param string[] $forAddress
     * @param string[] $forCustomer
     */
    public function testNames(string $name, array $forAddress, array $forCustomer): void
    {
        self::assertSame($forAddress, Clean::addressNames($name));
        self::assertSame($forCustomer, Clean::customerNames($name));
    }

    /**
     * @dataProvider odd
     */
    public function testWhateverComesPassesTheValidators(string $text): void
    {
        foreach (Clean::customerNames($text) as $name) {
            self::assertMatchesRegularExpression(self::CUSTOMER, $name);
        }
        foreach (Clean::addressNames($text) as $name) {
            self::assertMatchesRegularExpression(self::ADDRESS, $name);
            self::assertNotSame('', $name);
        }
        self::assertMatchesRegularExpression(self::STREET, Clean::street($text));
        self::assertMatchesRegularExpression(self::CITY, Clean::city($text));
        self::assertNotSame('', Clean::city($text));
        self::assertMatchesRegularExpression(self::PHONE, Clean::phone($text));
        self::assertTrue(Clean::postcode($text) === '' || preg_match(self::POSTCODE, Clean::postcode($text)) === 1);
        self::assertLessThanOrEqual(128, mb_strlen(Clean::street($text)));
        self::assertLessThanOrEqual(12, strlen(Clean::postcode($text)));
    }

    /**
     * @dataProvider phones
     */
    public function testAMaskedNumberIsNoNumber(string $given, string $kept): void
    {
        self::assertSame($kept, Clean::phone($given));
    }

    public function testWhatIsGoodStaysAsItIs(): void
    {
        self::assertSame("12 rue de l'Église, Bât. B*", Clean::street("12 rue de l'Église, Bât. B*"));
        self::assertSame('SW1A 1AA', Clean::postcode('SW1A 1AA'));
        self::assertSame('京都市', Clean::city('京都市'));
        self::assertSame('TikTokPAY', Clean::words('TikTokPAY', 250));
    }

    /**
     * @return array<string, array{0: string, 1: string[], 2: string[]}>
     */
    public function names(): array
    {
        return [
            'masked' => ['J*** D***', ['J***', 'D***'], ['J', 'D']],
            'masked to nothing' => ['*** ***', ['***', '***'], ['-', '-']],
            'one word' => ['Madonna', ['Madonna', '-'], ['Madonna', '-']],
            'nothing' => ['', ['-', '-'], ['-', '-']],
            'three words' => ['Anna Maria Díaz-Sol', ['Anna', 'Maria Díaz-Sol'], ['Anna', 'Maria Díaz-Sol']],
            'digits' => ['John 3rd', ['John', 'rd'], ['John', 'rd']],
            'dots within words' => ['Mr. A.B. Smith', ['Mr.', 'A.B. Smith'], ['Mr.', 'A. B. Smith']],
            'another script' => ['李雷', ['李雷', '-'], ['李雷', '-']],
        ];
    }

    /**
     * @return array<int, array{0: string}>
     */
    public function odd(): array
    {
        return [
            [''], [' '], ['12345'], ['<script>alert(1)</script>'], ['a|b`c^d[e]f'], ["tab\tand\nline"], ["\xff\xfe broken \xc3"], [str_repeat('Ä ö.', 200)],
            ['...'], ['a.b.c.'], ['。'], ['+44 20 7946 0958'], ['O\'Brien & Söhne GmbH'], ['@home #5 {x} $1 50% = ?'], ['😀 smile'],
        ];
    }

    /**
     * @return array<int, array{0: string, 1: string}>
     */
    public function phones(): array
    {
        return [['+33 6 12 34 56 78', '+33 6 12 34 56 78'], ['(+1)2*****67', ''], ['', ''], ['call me', ''], ['030/1234-5 ext. 6', '030/1234-5 . 6']];
    }
}
