"""Products that break a limit, an enum, a required field, a length or a count of the contract (OpenAPI file; sections 5.3, 6, 7
and 7.1), written down from there alone, market by market."""

from __future__ import annotations

from decimal import Decimal

from tests.validation.world import (
    MARKETS,
    TITLE,
    Case,
    Look,
    all_of,
    of_attributes,
    of_first,
    of_ground,
    of_picture,
    of_price,
    of_product,
    of_size,
    of_stock,
    of_variant_pictures,
    of_variants,
    of_weight,
)  # fmt: skip

# Contract 7: title 1..255, 1..300 in BR and MX, 25..255 elsewhere.
LONGEST_TITLE = {**dict.fromkeys(MARKETS, 255), "BR": 300, "MX": 300}
SHORTEST_TITLE = dict.fromkeys(("ID", "MY", "PH", "SG", "TH", "VN"), 25)
# Contract 7: SKUs.
MOST_SKUS = {**dict.fromkeys(MARKETS, 300), **dict.fromkeys(("ID", "MY", "PH", "SG", "TH", "VN"), 100)}
# Contract 7.1, local sellers.
PRICES = {
    "BR": ("0.5", "10000"), "DE": ("0.01", "6300"), "FR": ("0.01", "6300"), "IT": ("0.01", "6300"), "ES": ("0.01", "6300"),
    "IE": ("0.01", "6300"), "GB": ("0.01", "5600"), "US": ("0.01", "7600"), "MX": ("1", "50000"), "JP": ("1", "500000"),
    "ID": ("100", "100000000"), "MY": ("0.01", "320000"), "PH": ("0.01", "400000"), "SG": ("0.01", "10000"), "TH": ("30", "260000"),
    "VN": ("1", "180000000"),
}  # fmt: skip
WITHOUT_CENTS = ("ID", "JP", "VN")      # the sandbox takes whole rupiahs; the contract does not say
NO_SIZE_NEEDED = ("ID", "TH", "VN")
NOT_US = [one for one in MARKETS if one != "US"]
NO_GRAMS = [one for one in MARKETS if one not in ("BR", "JP", "MX")]


def sizes(count: int) -> list[dict[str, str]]:
    """So many variants of one colour."""
    return [{"Color": "Black", "Size": f"Size {number}"} for number in range(1, count + 1)]


def beyond(region: str) -> str:
    """The next price above the highest."""
    return str(Decimal(PRICES[region][1]) + (1 if region in WITHOUT_CENTS else Decimal("0.01")))


TEXTS = [
    *[Case("a title one character too long", 12052051, of_product(title="x" * (most + 1)), region) for region, most in LONGEST_TITLE.items()],
    *[Case("an own title one character too long", 12052051, of_ground(title="y" * (most + 1)), region)
      for region, most in LONGEST_TITLE.items() if region in ("US", "BR", "JP", "SG")],
    *[Case("a title one character too short", 12052910, of_product(title=TITLE[: least - 1]), region) for region, least in SHORTEST_TITLE.items()],
    *[Case("no title", 12052261, of_product(title=""), region) for region in ("US", "GB", "DE", "JP", "BR", "MY")],
    *[Case("no description", 12052015, of_product(description=""), region) for region in ("US", "GB", "DE", "JP", "MX", "TH")],
    *[Case("a description of 10,001 characters", 12052013, of_product(description=f"<p>{'x' * 9_994}</p>"), region)
      for region in ("US", "GB", "FR", "JP", "BR", "VN")],
]  # fmt: skip

SKUS = [
    *[Case("one SKU too many", 12052050, of_variants(*sizes(most + 1)), region) for region, most in MOST_SKUS.items()],
    Case("no SKU", 12052910, of_product(variants=())),
    Case("no SKU", 12052910, of_product(variants=()), "JP"),
    *[Case("a SKU of 51 characters", 12052054, of_first(sku="x" * 51), region) for region in ("US", "GB", "DE", "JP", "MX", "SG")],
    *[Case("an option's value of 51 characters", 12052934, of_first(options={"Color": "x" * 51}), region) for region in ("US", "IT", "PH")],
    Case("four options", 12052525, of_variants({"Color": "Red", "Size": "M", "Cut": "Slim", "Hem": "Long"})),
    Case("four options on three variants", 12052525, of_variants(
        *({"Color": "Red", "Size": size, "Cut": "Slim", "Hem": "Long"} for size in "SML"))),
    Case("five options", 12052525, of_variants({"Color": "Red", "Size": "M", "Cut": "Slim", "Hem": "Long", "Neck": "Round"}), "DE"),
    Case("several variants without options", 12052550, of_variants({}, {})),
    Case("a variant without options beside one with", 12052550, of_first(options={})),
]

PRICED = [
    *[Case("a price above the highest", 12052570, of_price(beyond(region)), region) for region in MARKETS],
    *[Case("a price below the lowest", 12052570, of_price(str(Decimal(low) - (1 if region in WITHOUT_CENTS else Decimal("0.01")))), region)
      for region, (low, _) in PRICES.items()],
    *[Case("a price in another market's currency", 12052084,
           of_price("20", "GBP" if region == "US" else "USD"), region) for region in MARKETS],
    *[Case("a SKU without a price", 12052073, of_ground(offers={}), region) for region in ("US", "JP", "DE", "ID")],
    *[Case("a negative price", 12052073, of_price("-1"), region) for region in ("US", "VN", "IE")],
]  # fmt: skip

STOCKED = [
    *[Case("stock of 100,000", 12052055, of_stock(100_000), region) for region in ("US", "GB", "JP")],
    Case("negative stock", 12052055, of_stock(-1)),
    Case("negative stock", 12052055, of_stock(-5), "BR"),
    *[Case("no warehouse", 12052097, of_ground(warehouse_id=""), region) for region in ("US", "DE", "SG")],
]

PACKED = [
    *[Case("no package size", 12019012, of_product(dimensions=None), region) for region in MARKETS if region not in NO_SIZE_NEEDED],
    *[Case("inches outside of the US", 12019061, all_of([of_ground(package=(12, 8, 2), dimension_unit="INCH"), of_weight("1", "POUND")]), region)
      for region in NOT_US],
    *[Case("pounds outside of the US", 12019061, of_weight("1", "POUND"), region) for region in NOT_US],
    *[Case("grams where they are not taken", 12019011, of_weight("300", "GRAM"), region) for region in NO_GRAMS],
    *[Case("no weight", 12019011, of_product(weight=None), region) for region in ("US", "GB", "DE", "JP", "ID", "VN")],
    *[Case("a weight of nothing", 12052181, of_weight("0", "KILOGRAM"), region) for region in ("US", "FR", "MX", "TH")],
    Case("kilograms with 4 decimals", 12052006, of_weight("0.3001", "KILOGRAM")),
    Case("kilograms with 5 decimals", 12052006, of_weight("1.00001", "KILOGRAM"), "GB"),
    Case("grams with a decimal", 12052006, of_weight("300.5", "GRAM"), "JP"),
    Case("grams with a decimal", 12052006, of_weight("300.5", "GRAM"), "BR"),
    Case("pounds with 3 decimals", 12052006, all_of([of_ground(package=(12, 8, 2), dimension_unit="INCH"), of_weight("1.125", "POUND")])),
    Case("pounds beside centimetres", 12052915, of_weight("1", "POUND")),
    Case("kilograms beside inches", 12052915, of_ground(package=(12, 8, 2), dimension_unit="INCH")),
    *[Case("a length with decimals", 12052005, of_size("30.5", "20", "4"), region) for region in ("US", "DE", "JP")],
    *[Case("a width with decimals", 12052004, of_size("30", "20.5", "4"), region) for region in ("US", "GB", "MX")],
    *[Case("a height with decimals", 12052003, of_size("30", "20", "4.5"), region) for region in ("US", "IT", "SG")],
    *[Case(f"a {side} of nothing", 12052116, of_size(*size)) for side, size in {
        "length": ("0", "20", "4"), "width": ("30", "0", "4"), "height": ("30", "20", "0")}.items()],
    *[Case(f"a chosen {side} of nothing", 12052116, of_ground(package=size)) for side, size in {
        "length": (0, 20, 4), "width": (30, 0, 4), "height": (30, 20, 0)}.items()],
    *[Case(f"a chosen {side} below nothing", 12052116, of_ground(package=size), "ES") for side, size in {
        "length": (-1, 20, 4), "width": (30, -2, 4), "height": (30, 20, -3)}.items()],
]  # fmt: skip

FINE = Look()
PICTURED = [
    *[Case("no picture", 12052028, of_product(images=()), region) for region in ("US", "DE", "JP", "TH")],
    *[Case(f"{count} pictures", 12052306, of_picture(*[FINE] * count)) for count in (10, 11, 20)],
    Case("a picture 299 pixels wide", 12038014, of_picture(Look(299, 600))),
    Case("a picture 299 pixels high", 12038014, of_picture(Look(600, 299))),
    Case("a picture of 100 × 100 pixels", 12038014, of_picture(Look(100, 100)), "GB"),
    Case("a picture of one pixel", 12038014, of_picture(Look(1, 1))),
    Case("a picture 4,001 pixels wide", 12038014, of_picture(Look(4001, 3000))),
    Case("a picture 4,001 pixels high", 12038014, of_picture(Look(3000, 4001))),
    Case("a picture of 6,000 × 6,000 pixels", 12038014, of_picture(Look(6000, 6000)), "DE"),
    Case("a second picture that is too small", 12038014, of_picture(FINE, Look(200, 200))),
    Case("a ninth picture that is too large", 12038014, of_picture(*[FINE] * 8, Look(5000, 5000))),
    Case("a GIF", 12038004, of_picture(Look(kind="gif"))),
    Case("a GIF behind a good picture", 12038004, of_picture(FINE, Look(kind="gif"))),
    Case("a picture of 10 MB and a byte", 12038005, of_picture(Look(size=10 * 1024 * 1024 + 1))),
    Case("a second picture of 11 MB", 12038005, of_picture(FINE, Look(size=11 * 1024 * 1024))),
    Case("a variant's picture of 99 pixels", 12038014, of_variant_pictures(FINE, Look(99, 99))),
    Case("a variant's picture 20,001 pixels wide", 12038014, of_variant_pictures(FINE, Look(20_001, 300))),
    Case("a variant's picture that is a GIF", 12038004, of_variant_pictures(Look(kind="gif"), FINE)),
    Case("a variant's picture above 10 MB", 12038005, of_variant_pictures(FINE, Look(size=10 * 1024 * 1024 + 1))),
    Case("a picture for one of two colours", 12052522, of_variant_pictures(FINE, None)),
    Case("a picture for the other of two colours", 12052522, of_variant_pictures(None, FINE), "GB"),
]

ATTRIBUTED = [
    *[Case("an attribute's own value of 2,001 characters", 12052249, of_attributes(Pattern="x" * 2001), region) for region in ("US", "GB", "JP")],
    Case("a required attribute's own value of 2,001 characters", 12052249, of_attributes(Material="x" * 2001)),
    Case("an attribute's own value of 5,000 characters", 12052249, of_attributes(Fit="x" * 5000)),
]

BY_CONTRACT = [*TEXTS, *SKUS, *PRICED, *STOCKED, *PACKED, *PICTURED, *ATTRIBUTED]
