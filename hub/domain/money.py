"""Exact money: whole minor units for what a buyer pays, six decimals for a store's net prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# ISO 4217 currencies whose minor unit is not 2 digits; the rest have 2.
_EXPONENTS = {"JPY": 0, "VND": 0, "KRW": 0, "CLP": 0, "ISK": 0, "UGX": 0, "XAF": 0, "XOF": 0, "PYG": 0, "RWF": 0,
              "XPF": 0, "BIF": 0, "DJF": 0, "GNF": 0, "KMF": 0, "VUV": 0,
              "BHD": 3, "KWD": 3, "OMR": 3, "JOD": 3, "TND": 3, "IQD": 3, "LYD": 3}
ZERO = Decimal(0)
_MICRO = Decimal("0.000001")


def exponent(currency: str) -> int:
    """How many decimals the minor unit of this ISO 4217 currency has."""
    return _EXPONENTS.get(currency, 2)


def quantum(currency: str) -> Decimal:
    """The smallest amount of this currency, e.g. ``0.01`` for USD and ``1`` for JPY."""
    return Decimal(1).scaleb(-exponent(currency))


def decimal_of(text: str | int | Decimal | None) -> Decimal:
    """A platform's amount as an exact number; missing or blank is zero.

    Raises ``ValueError`` for a float or for text that is no finite number: money never passes through a float.
    """
    if text is None or text == "":
        return ZERO
    if isinstance(text, (float, bool)):
        raise ValueError("money is exact: build it from text")
    if isinstance(text, str) and "_" in text:  # Python's own way of writing numbers, nobody's amount
        raise ValueError(f"not an amount: {text[:40]!r}")
    try:
        number = Decimal(str(text))
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {str(text)[:40]!r}") from error
    if not number.is_finite():
        raise ValueError(f"not an amount: {str(text)[:40]!r}")
    return number


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units; raises ``ValueError`` where the amount has parts smaller than one."""
    scaled = amount.scaleb(exponent(currency))
    whole = scaled.to_integral_value()
    if whole != scaled:
        raise ValueError(f"{amount} is not a whole number of minor units of {currency}")
    return int(whole)


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount that so many minor units are, with the currency's own decimals."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_micro(amount: Decimal) -> int:
    """Millionths, the unit in which prices are kept: a net price may have more decimals than its currency."""
    return int((amount / _MICRO).to_integral_value(rounding=ROUND_HALF_UP))


def from_micro(micro: int) -> Decimal:
    """The price that so many millionths are."""
    return Decimal(micro) * _MICRO


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Rounded half up to the currency's minor unit: the way shops round prices."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def text(amount: Decimal, currency: str) -> str:
    """The amount as plain text with the currency's own decimals, as APIs want it (``"72.00"``, ``"1500"``)."""
    return f"{amount.quantize(quantum(currency)):f}"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency. Adding two currencies is an error."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("money is exact: build it from a string")

    @classmethod
    def of(cls, amount: str | int | Decimal | None, currency: str) -> Money:
        """From a platform's text; see :func:`decimal_of` for what is refused."""
        return cls(decimal_of(amount), currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """From whole minor units, the way the database keeps it."""
        return cls(from_minor(minor, currency), currency)

    @property
    def minor(self) -> int:
        """Whole minor units; raises ``ValueError`` where there are parts smaller than one."""
        return to_minor(self.amount, self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __str__(self) -> str:
        return f"{text(self.amount, self.currency)} {self.currency}"

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} don't add up")
        return other.amount
