"""Weights and lengths from a shop's units into TikTok Shop's."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation

from hub.domain.products import Dimensions, Measure

_KILOGRAMS = {"kg": Decimal(1), "kgs": Decimal(1), "kilogram": Decimal(1), "g": Decimal("0.001"), "gram": Decimal("0.001"),
              "oz": Decimal("0.028349523125"), "ounce": Decimal("0.028349523125"),
              "lb": Decimal("0.45359237"), "lbs": Decimal("0.45359237"), "pound": Decimal("0.45359237")}
_CENTIMETRES = {"cm": Decimal(1), "mm": Decimal("0.1"), "m": Decimal(100), "in": Decimal("2.54"), "inch": Decimal("2.54"),
                "ft": Decimal("30.48")}


# Our word for the unit, its decimals, and where it is taken: everywhere if none is named.
_UNITS = {"KILOGRAM": ("kg", 3, ()), "POUND": ("lb", 2, ("US",)), "GRAM": ("g", 0, ("BR", "JP", "MX"))}


def kilograms(weight: Measure | None) -> str:
    """The weight as TikTok Shop takes it: kilograms, up to 3 decimals, at least 0.001; "" for none or an unknown unit."""
    factor = _KILOGRAMS.get(weight.unit.lower()) if weight else None
    if weight is None or factor is None or weight.value <= 0:
        return ""
    return f"{max((weight.value * factor).quantize(Decimal('0.001'), rounding=ROUND_HALF_UP), Decimal('0.001')):f}"


def centimetres(size: Dimensions | None) -> tuple[int, int, int] | None:
    """Length, width, height in whole centimetres, rounded up (ATT-09, ATT-10); None where one is missing."""
    factor = _CENTIMETRES.get(size.unit.lower()) if size else None
    if size is None or factor is None or min(size.length, size.width, size.height) <= 0:
        return None
    length, width, height = (int((one * factor).to_integral_value(rounding=ROUND_CEILING))
                             for one in (size.length, size.width, size.height))
    return length, width, height


def weight_of_market(weight: str, unit: str, region: str, dimension_unit: str) -> tuple[str, str]:
    """A weight that was typed in here, in a unit that this market takes and with as many decimals (contract 6, 7); "" for
    none. Pounds are for the US and go with inches, grams are for Brazil, Japan and Mexico; what is not taken becomes kilograms."""
    try:
        number = Decimal(weight or "0")
    except InvalidOperation:
        return "", unit
    if not number.is_finite() or number <= 0 or unit not in _UNITS:
        return "", unit
    short, places, regions = _UNITS[unit]
    if (regions and region not in regions) or (unit == "POUND" and dimension_unit != "INCH"):
        return kilograms(Measure(number, short)), "KILOGRAM"
    step = Decimal(1).scaleb(-places)
    fits = number == number.quantize(step)
    return (weight if fits else f"{max(number.quantize(step, rounding=ROUND_HALF_UP), step):f}"), unit


def size_of_market(size: tuple[int, int, int], unit: str, region: str) -> tuple[tuple[int, int, int], str]:
    """A package size that was typed in here, in a unit that this market takes: inches are for the US."""
    if unit != "INCH" or region == "US":
        return size, unit
    length, width, height = (int((side * _CENTIMETRES["in"]).to_integral_value(rounding=ROUND_CEILING)) for side in size)
    return (length, width, height), "CENTIMETER"


def of_one_system(weight: str, weight_unit: str, dimension_unit: str) -> tuple[str, str]:
    """The weight in the system of the package's size: TikTok Shop refuses pounds beside centimetres (contract 7).

    Pounds have 2 decimals, kilograms 3; never less than the smallest there is.
    """
    if not weight or (weight_unit == "POUND") == (dimension_unit == "INCH"):
        return weight, weight_unit
    if dimension_unit == "INCH":
        unit = "g" if weight_unit == "GRAM" else "kg"
        pounds = (Decimal(weight) * _KILOGRAMS[unit] / _KILOGRAMS["lb"]).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        return f"{max(pounds, Decimal('0.01')):f}", "POUND"
    return kilograms(Measure(Decimal(weight), "lb")), "KILOGRAM"
