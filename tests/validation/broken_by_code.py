"""Products broken after the error codes of the contract's section 9: for each code that a product can provoke, how it does."""

from __future__ import annotations

from dataclasses import replace

from hub.domain.categories import Category
from tests.validation.world import (
    MARKETS,
    Case,
    Change,
    World,
    all_of,
    of_attributes,
    of_barcodes,
    of_choice,
    of_first,
    of_ground,
    of_price,
    of_product,
    of_variants,
)  # fmt: skip

NOT_JAPAN = ("US", "GB", "DE", "FR", "BR", "MX", "ID", "SG")
WATCH, LAMP, TOYS, PLUSH, KIDS, MAT, BAG, SOAP = (
    "Wristwatches", "Lamps", "Educational Toys", "Plush Toys", "Kids' Outfits", "Yoga Mats & Accessories", "Backpacks", "Soap")
WEAR = ("Men's T-Shirts", "Women's Skirts", "Hats & Caps", "Socks", "Men's Pants", "Backpacks", "Scarves & Gloves", "Women's Shorts")


def titled(title: str) -> Change:
    """A title long enough for every market."""
    return of_product(title=title)


def described(html: str) -> Change:
    return of_product(description=html)


def coloured(value: str) -> Change:
    return of_first(options={"Color": value})


def named_option(name: str) -> Change:
    return of_variants({name: "One"}, {name: "Two"})


def other_category(**values: object) -> Change:
    """A category that the cache still holds and TikTok Shop no longer has like this."""

    def change(world: World) -> World:
        assert world.ground.category is not None
        category = Category(**{"category_id": world.ground.category.category_id, "parent_id": "0", "name": "Elsewhere", "is_leaf": True, **values})
        return replace(world, ground=replace(world.ground, category=category))

    return change


def unknown_sku(world: World) -> World:
    """One of the SKUs that the hub knows was deleted in Seller Center."""
    first, *rest = world.ground.tiktok_sku_ids
    kept = {first: "12345", **{one: world.ground.tiktok_sku_ids[one] for one in rest}}
    return replace(world, ground=replace(world.ground, tiktok_sku_ids=kept))


TITLES = [
    *[Case("a title in Chinese", 12052262, titled("港口 T恤 made of soft cotton"), region) for region in NOT_JAPAN],
    *[Case(f"a title with {what}", 12052931, titled(f"Harbour T-Shirt {text} of soft cotton")) for what, text in {
        "a smiling face": "😀", "a heart": "❤️", "a star": "★", "an airplane": "✈", "a flag": "🇩🇪", "a tick": "✔",
        "an ampersand as HTML": "&amp;", "a space as HTML": "&nbsp;", "a number as HTML": "&#39;", "a hexadecimal number as HTML": "&#x27;",
        "quotes as HTML": "&quot;soft&quot;", "a copyright sign as HTML": "&copy;", "a null": "\x00", "a bell": "\x07", "an escape": "\x1b",
        "a delete": "\x7f", "a backspace": "\x08"}.items()],
    *[Case("a title with an emoji", 12052931, titled("Harbour T-Shirt of soft cotton 🎁"), region) for region in ("GB", "JP", "BR", "TH")],
    *[Case(f"a title of {text} symbols", 12052931, titled(text * 6)) for text in ("*****", "-----", "?!?!?", "„“”»«", "+++++")],
    Case("a title of spaces", 12052261, titled("     ")),
    Case("an own title with an emoji", 12052931, of_ground(title="Harbour T-Shirt of soft cotton 😀")),
    Case("an own title in Chinese", 12052262, of_ground(title="港口 T恤 made of soft cotton")),
    Case("an edited title with an emoji", 12052931, titled("Harbour T-Shirt of soft cotton 😀"), edit=True),
    Case("an edit without a title", 12052261, titled(""), edit=True),
]

DESCRIPTIONS = [
    *[Case("a description in Chinese", 12052346, described("<p>柔软的棉质衬衫。</p>"), region) for region in NOT_JAPAN],
    Case("an own description in Chinese", 12052346, of_ground(description="<p>柔软的棉质衬衫。</p>")),
    Case("a description of spaces", 12052015, described(" \n ")),
    Case("an edit without a description", 12052015, described(""), edit=True),
    *[Case(f"a description {what}", 12052344, described(html)) for what, html in {
        "that does not close a paragraph": "<p>A shirt.", "that does not close a list": "<ul><li>Soft</li>",
        "that closes what is not open": "A shirt.</p>",
        "whose tags cross": "<b><i>Soft</b></i>", "that does not close bold": "<p>A <b>shirt.</p>",
        "that closes a list's entry twice": "<ul><li>A</li></li></ul>",
        }.items()],
    *[Case(f"a description with {tag}", 12052345, described(f"<p>A shirt.</p><{tag}>x</{tag}>"))
      for tag in ("script", "style", "iframe", "object", "embed", "form", "input", "link", "meta")],
    *[Case(f"a description with {name}", 12052350, described(f'<p {name}="x()">A shirt.</p>'))
      for name in ("onclick", "onload", "onmouseover", "onerror")],
    Case("a description whose picture has no size", 12052348, described('<p>A shirt.</p><img src="https://shop.example/a.png">')),
    Case("a description whose picture has no address", 12052348, described('<p>A shirt.</p><img width="9" height="9">')),
    Case("a description with a picture of elsewhere", 12052340, described('<p>A</p><img src="https://shop.example/a.png" width="9" height="9">')),
    Case("a description with 31 pictures", 12052056, described('<img src="https://shop.example/a.png" width="9" height="9">' * 31)),
    Case("a description nested 21 deep", 12052352, described("<div>" * 21 + "A shirt." + "</div>" * 21)),
    Case("a list nested 21 deep", 12052352, described("<ul><li>" * 11 + "A shirt." + "</li></ul>" * 11)),
]  # fmt: skip

CATEGORIES = [
    *[Case("no category", 12052002, of_ground(category=None), region) for region in ("US", "GB", "JP")],
    Case("a category that is gone", 12052023, other_category(category_id="999999999", is_leaf=False)),
    *[Case("a category with levels below it", 12052024, of_ground(), leaf=name) for name in (
        "Womenswear & Underwear", "Women's Tops", "Luggage & Bags", "Home Supplies", "Home Decor", "Fashion Accessories")],
    *[Case("a category that is closed", 12052220, of_ground(), region, "Downloads & E-books") for region in ("US", "DE")],
    Case("a category for invited sellers", 12052221, of_attributes(Material="Steel"), leaf="Necklaces & Pendants"),
]

ATTRIBUTES = [
    *[Case("no material", 12052104, of_attributes(Material=""), leaf=leaf) for leaf in WEAR],
    *[Case("no material", 12052104, of_attributes(Material=""), region) for region in MARKETS if region != "US"],
    Case("no material on an edit", 12052104, of_attributes(Material=""), edit=True),
    Case("no age", 12052104, of_attributes(), leaf=TOYS),
    Case("no age", 12052104, of_attributes(), leaf=PLUSH),
    Case("no age", 12052104, of_attributes(), leaf=KIDS),
    Case("an age that TikTok Shop does not know", 12052240, of_attributes(Recommended_Age="adults"), leaf=KIDS),
    *[Case(f"a sleeve that is {value}", 12052240, of_attributes(Sleeve_Length=value)) for value in ("Odd", "3/4", "long", "Cap Sleeve")],
    *[Case(f"a country that is {value}", 12052240, of_attributes(Country_of_Origin=value)) for value in ("Atlantis", "Germany", "DE")],
    *[Case(f"a season that is {value}", 12052240, of_attributes(Season=value)) for value in ("Rainy", "Summer, Rainy", "Fall")],
    Case("a chosen value of another attribute", 12052240, of_choice("Sleeve Length", {"value_id": "1000001", "text": "Blue"})),
    Case("a chosen value that is gone", 12052240, of_choice("Country of Origin", {"value_id": "77", "text": "Ruritania"})),
    Case("a category's value that is gone", 12052240, of_choice("Season", {"value_id": "78", "text": "Monsoon"}, "category")),
    Case("a store's value that is gone", 12052240, of_choice("Country of Origin", {"value_id": "79", "text": "Utopia"}, "store")),
    Case("a chosen word that TikTok Shop does not know", 12052240, of_choice("Sleeve Length", {"text": "Odd"})),
    Case("a store attribute that TikTok Shop does not know", 12052240,
         all_of([of_attributes(Sleeves="Odd"), of_choice("Sleeve Length", {"from": "Sleeves"})])),
    Case("a required attribute's chosen value that is gone", 12052240, of_choice("Recommended Age", {"value_id": "80", "text": "Adults"}), leaf=KIDS),
    Case("an attribute of another category", 12052247, of_choice("999999", {"text": "Blue"})),
    Case("an attribute of another category for the whole shop", 12052247, of_choice("999998", {"text": "Blue"}, "store"), "GB"),
    *[Case(f"a warranty of {value}", 12052256, of_attributes(**{"Warranty_Period_(Months)": value}), leaf=MAT)
      for value in ("0", "-3", "two years", "12 months", "1e3", "1/2")],
    Case("a chosen warranty of nothing", 12052256, of_choice("Warranty Period (Months)", {"text": "0"}), leaf=MAT),
    Case("a watch's warranty in words", 12052256,
         all_of([of_attributes(Contains_Batteries="No"), of_choice("Warranty Period (Months)", {"text": "lifelong"})]), leaf=WATCH),
    *[Case(f"{label.lower()} in Chinese", 12052250, of_attributes(**{label: "棉"})) for label in ("Pattern", "Fit", "Care_Instructions", "Material")],
    Case("a chosen pattern in Chinese", 12052250, of_choice("Pattern", {"text": "条纹"}), "GB"),
    Case("one of two materials in Chinese", 12052250, of_attributes(Material="Cotton, 棉")),
    *[Case(f"{label.lower()} with an emoji", 12052935, of_attributes(**{label: "Plain 😀"})) for label in ("Pattern", "Fit", "Material")],
    Case("a pattern with a control character", 12052935, of_attributes(Pattern="Plain\x07")),
    Case("a material twice", 12052251, of_attributes(Material="Cotton, Cotton")),
    Case("an own material twice", 12052251, of_attributes(Material="Hemp, Hemp")),
    Case("batteries without their type", 12052182, of_attributes(Contains_Batteries="Yes"), leaf=WATCH),
    Case("batteries without their type", 12052182, of_attributes(Contains_Batteries="Yes"), leaf=LAMP),
    Case("chosen batteries without their type", 12052182, of_choice("Contains Batteries", "Yes"), "DE", WATCH),
]

DOCUMENTS = [
    *[Case("no safety report", 12052105, of_attributes(), region, LAMP) for region in ("US", "GB", "DE", "JP")],
    *[Case("no children's certificate", 12052105, of_attributes(Recommended_Age="3-5 years"), region, leaf)
      for region in ("US", "FR") for leaf in (TOYS, PLUSH)],
    *[Case("no size chart", 12052673, of_attributes(Recommended_Age="3-5 years"), region, KIDS) for region in ("US", "GB", "JP", "MX")],
]

BRANDS = [
    Case("a brand that is gone", 12052026, of_ground(brand_id="12345")),
    Case("a brand that is gone", 12052026, of_ground(brand_id="54321"), "DE"),
]

VARIANTS = [
    *[Case(f"a SKU with {what}", 12052910, of_first(sku=f"SHIRT{space}1")) for what, space in {
        "a space": " ", "a tab": "\t", "a hard space": "\u00a0", "a line's end": "\n", "a thin space": "\u2009"}.items()],
    Case("an edited SKU with a space", 12052910, of_first(sku="SHIRT 1"), edit=True),
    Case("an edited SKU of 51 characters", 12052054, of_first(sku="x" * 51), edit=True),
    *[Case("a colour in Chinese", 12052554, coloured("黑色"), region) for region in NOT_JAPAN],
    *[Case(f"a colour with {what}", 12052934, coloured(f"Black{text}")) for what, text in {
        "a smiling face": "😀", "a heart": "❤️", "a bell": "\x07", "a delete": "\x7f", "a star": "★"}.items()],
    *[Case(f"an option's name of {count} characters", 12052933, named_option("x" * count)) for count in (21, 30, 100)],
    *[Case(f"an option's name with {what}", 12052933, named_option(f"Colour{text}")) for what, text in {
        "an emoji": "🎨", "a bell": "\x07", "a star": "★"}.items()],
    Case("variants of other options", 12052550, of_variants({"Color": "Black"}, {"Size": "M"})),
    Case("a variant with one option more", 12052550, of_variants({"Color": "Black"}, {"Color": "Blue", "Size": "M"})),
    Case("a third variant with one option less", 12052550, of_variants({"Color": "A", "Size": "M"}, {"Color": "B", "Size": "M"}, {"Color": "C"})),
    *[Case("two variants of one colour", 12052560, of_variants({"Color": "Black"}, {"Color": "Black"}), region) for region in ("US", "GB", "JP")],
    Case("two variants of one colour and size", 12052560, of_variants(
        {"Color": "Red", "Size": "M"}, {"Color": "Red", "Size": "L"}, {"Color": "Red", "Size": "M"})),
    Case("an edit with two variants of one colour", 12052560, coloured("Blue"), edit=True),
    Case("an option with no value", 12052529, of_first(options={"Color": ""})),
    Case("an option with no name", 12052527, named_option("")),
    Case("two variants mapped to one TikTok Shop SKU", 12052553, lambda world: replace(world, ground=replace(
        world.ground, tiktok_sku_ids=dict.fromkeys(world.ground.tiktok_sku_ids, next(iter(world.ground.tiktok_sku_ids.values()))))), edit=True),
]

BARCODES = [
    *[Case(f"{kind} with a wrong check digit", 12052591, of_barcodes(code), region) for region in ("US", "DE") for kind, code in {
        "an EAN-13": "4006381333932", "an EAN-8": "96385075", "a UPC": "036000291453", "a GTIN-14": "10614141000416"}.items()],
    *[Case(f"a barcode of {len(code)} digits", 12052591, of_barcodes(code))
      for code in ("1", "1234567", "123456789", "12345678901", "123456789012345")],
    *[Case(f"a barcode that is {code}", 12052591, of_barcodes(code)) for code in ("ABC", "40063813A3931", "4006-381333931", "N/A", "400638133393 ")],
    Case("an EAN said to be a UPC", 12052591, of_barcodes("4006381333931", kind="UPC")),
    Case("a UPC said to be an EAN", 12052591, of_barcodes("036000291452", kind="EAN")),
    Case("an EAN said to be a GTIN", 12052591, of_barcodes("4006381333931", kind="GTIN"), "GB"),
    Case("an EAN-8 said to be an ISBN", 12052591, of_barcodes("96385074", kind="ISBN")),
    Case("a barcode with an X inside", 12052598, of_barcodes("0X36000291452")),
    Case("an ISBN with an X inside", 12052598, of_barcodes("08044X9570", kind="ISBN")),
    *[Case("one barcode on two variants", 12052592, of_barcodes("4006381333931", "4006381333931"), region) for region in ("US", "GB", "JP")],
    Case("an edit with one barcode on two variants", 12052592, of_barcodes("96385074", "96385074"), edit=True),
]  # fmt: skip

SHOP = [
    Case("a warehouse that is gone", 12052097, of_ground(warehouse_id="1")),
    Case("a warehouse that is gone", 12052097, of_ground(warehouse_id="2"), "DE"),
    Case("a SKU that TikTok Shop does not have", 12052557, unknown_sku, edit=True),
    Case("a price with three decimals", 12052073, of_price("25.005")),
    *[Case("a price with decimals that the currency does not have", 12052073, of_price("2500.5"), region) for region in ("JP",)],
    Case("a price with decimals that the currency does not have", 12052073, of_price("400000.5"), "VN"),
    *[Case("a price with four decimals", 12052073, of_price("20.1234"), region) for region in ("GB", "DE", "IE", "SG")],
]

BY_CODE = [*TITLES, *DESCRIPTIONS, *CATEGORIES, *ATTRIBUTES, *DOCUMENTS, *BRANDS, *VARIANTS, *BARCODES, *SHOP]
