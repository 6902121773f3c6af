<?php

declare(strict_types=1);

namespace Shopbridge\TikTokShop\Model\Order;

/**
 * Reads fields of a request and collects what is wrong with them. A bad value becomes a harmless one, so that all
 * problems are found at once.
 */
class Fields
{
    /** @var list<array{code: string, where: string, says: string}> */
    private array $problems = [];

    public function __construct(private string $currency = '')
    {
    }

    /**
     * From here on amounts are in this currency.
     */
    public function useCurrency(string $currency): void
    {
        $this->currency = $currency;
    }

    /**
     * @return list<array{code: string, where: string, says: string}>
     */
    public function problems(): array
    {
        return $this->problems;
    }

    /**
     * Adds a problem at a dotted place ("lines.0.net").
     */
    public function complain(string $code, string $where, string $says): void
    {
        $this->problems[] = ['code' => $code, 'where' => $where, 'says' => $says];
    }

    /**
     * @param array<mixed> $body
     */
    public function text(array $body, string $name, string $where = '', bool $isRequired = true): string
    {
        $value = $body[$name] ?? null;
        if (is_string($value) && ($value !== '' || !$isRequired)) {
            return $value;
        }
        if ($isRequired || $value !== null) {
            $this->complain('malformed', $where . $name, "$name must be a text");
        }
        return '';
    }

    /**
     * @param array<mixed> $body
     */
    public function flag(array $body, string $name, string $where = '', ?bool $default = null): bool
    {
        $value = array_key_exists($name, $body) ? $body[$name] : $default;
        if (!is_bool($value)) {
            $this->complain('malformed', $where . $name, "$name must be true or false");
            return false;
        }
        return $value;
    }

    /**
     * An object inside the body.
     *
     * @param array<mixed> $body
     * @return array<mixed>
     */
    public function part(array $body, string $name, string $where = ''): array
    {
        $value = $body[$name] ?? null;
        if (!is_array($value) || ($value !== [] && array_is_list($value))) {
            $this->complain('malformed', $where . $name, "$name must be an object");
            return [];
        }
        return $value;
    }

    /**
     * A list of objects inside the body.
     *
     * @param array<mixed> $body
     * @return list<array<mixed>>
     */
    public function rows(array $body, string $name, bool $mayBeEmpty): array
    {
        $value = $body[$name] ?? null;
        $isList = is_array($value) && array_is_list($value) && ($mayBeEmpty || $value !== []);
        if (!$isList || array_filter($value, static fn ($one): bool => !is_array($one)) !== []) {
            $this->complain('malformed', $name, "$name must be a list of objects" . ($mayBeEmpty ? '' : ', not empty'));
            return [];
        }
        return $value;
    }

    /**
     * Minor units of an amount written as text.
     *
     * @param array<mixed> $body
     */
    public function amount(array $body, string $name, string $where = '', bool $mayBeNegative = false): int
    {
        $value = $body[$name] ?? null;
        if (!Money::isAmount($value)) {
            $this->complain('malformed', $where . $name, "$name must be an amount written as a text, such as 12.50");
            return 0;
        }
        $minor = Money::minor($value, $this->currency);
        if ($minor < 0 && !$mayBeNegative) {
            $this->complain('malformed', $where . $name, "$name may not be negative");
        }
        if (!Money::isWhole($value, $this->currency)) {
            $this->complain('precision', $where . $name, "$value is not a whole amount of $this->currency");
        }
        return $minor;
    }

    /**
     * A time with its zone, such as 2026-11-20T12:00:00Z.
     *
     * @param array<mixed> $body
     */
    public function moment(array $body, string $name, bool $isRequired = true): ?\DateTimeImmutable
    {
        $value = $body[$name] ?? null;
        if ($value === null && !$isRequired) {
            return null;
        }
        $moment = is_string($value) ? self::time($value) : null;
        if ($moment === null) {
            $this->complain('malformed', $name, "$name must be a time such as 2026-11-20T12:00:00Z");
        }
        return $moment;
    }

    /**
     * Null for what is no RFC 3339 time.
     */
    public static function time(string $text): ?\DateTimeImmutable
    {
        $shape = '/\A\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})\z/';
        if (preg_match($shape, $text) !== 1) {
            return null;
        }
        try {
            return (new \DateTimeImmutable($text))->setTimezone(new \DateTimeZone('UTC'));
        } catch (\Exception) {
            return null;
        }
    }

    /**
     * Complains where what was said is not what the parts come to.
     */
    public function sum(string $code, string $where, int $said, int $found): void
    {
        if ($said !== $found) {
            $this->complain($code, $where, sprintf(
                'says %s, the parts come to %s',
                Money::text($said, $this->currency),
                Money::text($found, $this->currency)
            ));
        }
    }
}
