"""Fills a practice shop from the neutral seed: base data, categories, products, combinations, pictures, stock.

Seed prices are shelf prices: where the shop has a tax rate they include it, and the shop keeps the net price with six
decimals, so that the price with tax comes out as in the seed.
"""

from __future__ import annotations

import re
from decimal import Decimal

from hub.seed import SeedCatalogue, SeedImage, SeedProduct, SeedVariant
from hub.stores.prestashop.sandbox.shop import HOME, NO_TIME, STATES, Picture, Row, Shop, money

COUNTRIES = {"FR": (8, "France", 33), "DE": (1, "Germany", 49), "IE": (26, "Ireland", 353), "ES": (6, "Spain", 34),
             "IT": (10, "Italy", 39), "GB": (17, "United Kingdom", 44), "US": (21, "United States", 1),
             "JP": (11, "Japan", 81), "MX": (144, "Mexico", 52), "ID": (111, "Indonesia", 62),
             "MY": (136, "Malaysia", 60), "PH": (171, "Philippines", 63), "SG": (25, "Singapore", 65),
             "TH": (203, "Thailand", 66), "VN": (226, "Viet Nam", 84), "CH": (19, "Switzerland", 41)}
CLOSED_COUNTRIES = ("CH",)
STATES_OF_US = ("AL", "CA", "FL", "IL", "NY", "OR", "TX", "WA")
CURRENCIES = {"GBP": ("British Pound", "£", "826", 2), "EUR": ("Euro", "€", "978", 2),
              "USD": ("US Dollar", "$", "840", 2), "JPY": ("Japanese Yen", "¥", "392", 0),
              "IDR": ("Indonesian Rupiah", "Rp", "360", 0), "VND": ("Vietnamese Dong", "₫", "704", 0),
              "MXN": ("Mexican Peso", "$", "484", 2), "MYR": ("Malaysian Ringgit", "RM", "458", 2),
              "PHP": ("Philippine Peso", "₱", "608", 2), "SGD": ("Singapore Dollar", "$", "702", 2),
              "THB": ("Thai Baht", "฿", "764", 2)}
LANGUAGES = {"en": ("English (English)", "en-US", "en-us"), "es": ("Español (Spanish)", "es-ES", "es-es"),
             "fr": ("Français (French)", "fr-FR", "fr-fr"), "de": ("Deutsch (German)", "de-DE", "de-de")}
CARRIERS = (("Click and collect", "1", ""), ("My carrier", "0", ""), ("Royal Mail", "0", "https://track.example/@"),
            ("DPD", "0", "https://dpd.example/parcel/@"))
SHIPPING_NET = Decimal("8.00")
_COLOURS = {"black": "#000000", "white": "#ffffff", "red": "#c0392b", "blue": "#2d5da8", "green": "#3a7d44",
            "yellow": "#f1c40f", "grey": "#8a8f98", "gray": "#8a8f98"}


def fill(shop: Shop, catalogue: SeedCatalogue, base_url: str) -> None:
    """Everything a fresh shop with this catalogue has."""
    _base_data(shop, base_url)
    with shop.acting("sql"):
        paths: dict[tuple[str, ...], int] = {}
        for category in catalogue.categories:
            parent = paths.get(category.path[:-1], HOME)
            paths[category.path] = add_category(shop, category.name, parent, category.description, category.active)
        for product in catalogue.products:
            add_product(shop, product, paths, catalogue.axis_labels)


def _base_data(shop: Shop, base_url: str) -> None:
    for code in shop.languages:
        name, locale, tag = LANGUAGES[code]
        shop.insert("languages", {"name": name, "iso_code": code, "locale": locale, "language_code": tag,
                                  "active": "1", "is_rtl": "0", "date_format_lite": "m/d/Y",
                                  "date_format_full": "m/d/Y H:i:s"})
    for code in (shop.currency, *(other for other in CURRENCIES if other != shop.currency)):
        name, symbol, numeric, places = CURRENCIES[code]
        shop.insert("currencies", {
            "names": shop.texts(name), "name": name, "symbol": shop.texts(symbol), "iso_code": code,
            "numeric_iso_code": numeric, "precision": str(places), "conversion_rate": "1.000000", "deleted": "0",
            "active": "1", "unofficial": "0", "modified": "0", "pattern": shop.texts("")})
    for number, zone in ((1, "Europe"), (2, "North America"), (3, "Asia"), (7, "Europe (non-EU)")):
        shop.insert("zones", {"name": zone, "active": "1"}, row_id=number)
    for code, (number, name, prefix) in COUNTRIES.items():
        shop.insert("countries", {
            "id_zone": "7" if code in ("GB", "CH") else "2" if code in ("US", "MX") else "1", "id_currency": "0",
            "call_prefix": str(prefix), "iso_code": code, "active": "0" if code in CLOSED_COUNTRIES else "1",
            "contains_states": "1" if code == "US" else "0", "need_identification_number": "0", "need_zip_code": "1",
            "display_tax_label": "1", "name": shop.texts(name)}, row_id=number)
    for code in STATES_OF_US:
        shop.insert("states", {"id_zone": "2", "id_country": "21", "iso_code": code, "name": code, "active": "1"})
    shop.insert("tax_rule_groups", {"name": f"Standard rate ({shop.tax_rate}%)", "active": "1", "deleted": "0"})
    shop.insert("taxes", {"rate": f"{shop.tax_rate:.3f}", "active": "1", "deleted": "0",
                          "name": shop.texts(f"VAT {shop.tax_rate}%")})
    for number, _, _ in COUNTRIES.values():
        shop.insert("tax_rules", {"id_tax_rules_group": "1", "id_state": "0", "id_country": str(number),
                                  "zipcode_from": "0", "zipcode_to": "0", "id_tax": "1", "behavior": "0"})
    for number, name in ((1, "Visitor"), (2, "Guest"), (3, "Customer")):
        shop.insert("groups", {"reduction": "0.00", "price_display_method": "0", "show_prices": "1",
                               "name": shop.texts(name)}, row_id=number)
    shop.insert("shop_groups", {"name": "Default", "color": "", "share_customer": "0", "share_order": "0",
                                "share_stock": "0", "active": "1", "deleted": "0"})
    shop.insert("shops", {"id_shop_group": "1", "id_category": str(HOME), "active": "1", "deleted": "0",
                          "name": shop.name, "color": "", "theme_name": "classic"})
    domain = base_url.split("://", 1)[-1].strip("/")
    shop.insert("shop_urls", {"id_shop": "1", "active": "1", "main": "1", "domain": domain, "domain_ssl": domain,
                              "physical_uri": "/", "virtual_uri": ""})
    for number, (name, logable, paid, shipped, delivery, invoice, mails) in STATES.items():
        shop.insert("order_states", {
            "unremovable": "1" if number < 14 else "0", "delivery": str(delivery), "hidden": "0",
            "send_email": str(mails), "module_name": "" if number < 14 else "shopbridge", "invoice": str(invoice),
            "color": "#3498D8", "logable": str(logable), "shipped": str(shipped), "paid": str(paid),
            "pdf_delivery": "0", "pdf_invoice": "0", "deleted": "0", "name": shop.texts(name),
            "template": shop.texts("payment" if paid else "")}, row_id=number)
    for number, (name, free, url) in enumerate(CARRIERS, 1):
        shop.insert("carriers", {
            "deleted": "0", "is_module": "0", "id_tax_rules_group": "1", "id_reference": str(number), "name": name,
            "active": "1", "is_free": free, "url": url, "shipping_handling": "0" if free == "1" else "1",
            "shipping_external": "0", "range_behavior": "0", "shipping_method": "1", "max_width": "0",
            "max_height": "0", "max_depth": "0", "max_weight": "0.000000", "grade": "0", "need_range": "0",
            "position": str(number - 1), "delay": shop.texts("Delivery next day!")})
    for number, name, parent, depth in ((1, "Root", 0, 0), (2, "Home", 1, 1)):
        shop.insert("categories", {
            "id_parent": str(parent), "level_depth": str(depth), "active": "1", "id_shop_default": "1",
            "is_root_category": str(int(number == HOME)), "position": "0", "name": shop.texts(name),
            "link_rewrite": shop.texts(name.lower())}, row_id=number)
    settings = {"PS_LANG_DEFAULT": "1", "PS_CURRENCY_DEFAULT": "1", "PS_COUNTRY_DEFAULT": "17",
                "PS_TIMEZONE": shop.timezone, "PS_SHOP_NAME": shop.name, "PS_TAX": "1", "PS_ROUND_TYPE": "2",
                "PS_PRICE_ROUND_MODE": "2", "PS_STOCK_MANAGEMENT": "1", "PS_ORDER_OUT_OF_STOCK": "0",
                "PS_WEIGHT_UNIT": "kg", "PS_DIMENSION_UNIT": "cm", "PS_OS_PAYMENT": "2", "PS_OS_PREPARATION": "3",
                "PS_OS_SHIPPING": "4", "PS_OS_DELIVERED": "5", "PS_OS_CANCELED": "6", "PS_OS_REFUND": "7",
                "PS_OS_ERROR": "8", "PS_OS_WS_PAYMENT": "11", "PS_VERSION_DB": shop.version,
                "PS_SHOP_DOMAIN": domain, "PS_WEBSERVICE": "1", "PS_MULTISHOP_FEATURE_ACTIVE": "0"}
    for name, value in settings.items():
        shop.insert("configurations", {"name": name, "value": value, "date_add": NO_TIME, "date_upd": NO_TIME})


def add_category(shop: Shop, name: str, parent: int, description: str = "", active: bool = True) -> int:
    """A category under this parent."""
    above = shop.tables["categories"][parent]
    number = shop.insert("categories", {
        "id_parent": str(parent), "level_depth": str(int(above["level_depth"]) + 1), "active": str(int(active)),
        "id_shop_default": "1", "is_root_category": "0", "position": "0", "name": shop.texts(name),
        "link_rewrite": shop.texts(slug(name)), "description": shop.texts(description)})
    shop.tell("category.saved", {"kind": "category", "id": str(number)})
    return number


def add_product(shop: Shop, seed: SeedProduct, paths: dict[tuple[str, ...], int],
                axis_labels: dict[str, str]) -> int:
    """A product with everything below it. `paths` gives a category's id by its path."""
    categories = [paths[path] for path in seed.categories if path in paths]
    base = seed.variants[0].price if seed.variants else seed.price
    length, width, height = seed.dimensions_cm or (Decimal(0), Decimal(0), Decimal(0))
    product_id = shop.insert("products", _product_row(shop, seed, categories, base) | {
        "width": money(width), "height": money(height), "depth": money(length)})
    for image in seed.images:
        add_picture(shop, product_id, image)
    shop.add_stock_row(product_id, 0, seed.quantity, 1 if seed.backorders else 2)
    product = shop.tables["products"][product_id]
    shop.combinations_of[product_id] = []
    for variant in seed.variants:
        # A combination cannot be switched off by itself: one that is not enabled is one the merchant has not made.
        if variant.enabled:
            _add_combination(shop, product_id, seed, variant, base, axis_labels)
    if seed.variants:
        total = sum(shop.quantity(product_id, each) for each in shop.combinations_of[product_id])
        shop.tables["stock_availables"][shop.stock_row[(product_id, 0)]]["quantity"] = str(total)
        first = shop.combinations_of[product_id][:1]
        product["cache_default_attribute"] = str(first[0]) if first else "0"
    elif seed.special_price is not None:
        add_specific_price(shop, product_id, 0, seed.price - seed.special_price)
    product["associations"]["product_features"] = [
        _feature(shop, name, value) for name, value in seed.attributes.items() if value]
    shop.tell_product("product.saved", product_id)
    return product_id


def _product_row(shop: Shop, seed: SeedProduct, categories: list[int], base: Decimal) -> Row:
    kinds = {"configurable": "combinations", "bundle": "pack", "virtual": "virtual"}
    return {
        "id_manufacturer": str(_manufacturer(shop, seed.brand)), "id_supplier": "0",
        "id_category_default": str(categories[-1] if categories else HOME), "new": None,
        "cache_default_attribute": "0",
        "id_tax_rules_group": "1" if shop.tax_rate else "0", "position_in_category": "1", "id_shop_default": "1",
        "reference": seed.sku, "weight": money(seed.weight_kg or 0), "quantity_discount": "0", "ean13": seed.ean,
        "cache_is_pack": str(int(seed.kind == "bundle")), "cache_has_attachments": "0",
        "is_virtual": str(int(seed.kind == "virtual")), "state": "1", "additional_delivery_times": "1",
        "product_type": kinds.get(seed.kind, "standard"), "on_sale": "0", "online_only": "0", "ecotax": "0.000000",
        "minimal_quantity": "1", "low_stock_threshold": "0", "low_stock_alert": "0", "price": net(shop, base),
        "wholesale_price": "0.000000", "unit_price": "0.000000", "unit_price_ratio": "0.000000",
        "additional_shipping_cost": "0.000000", "customizable": "0", "text_fields": "0", "uploadable_files": "0",
        "active": str(int(seed.enabled)), "redirect_type": "301-category", "id_type_redirected": "0",
        "available_for_order": "1", "available_date": "0000-00-00", "show_condition": "0", "condition": "new",
        "show_price": "1", "indexed": "1", "visibility": "both", "advanced_stock_management": "0",
        "pack_stock_type": "3", "link_rewrite": shop.texts(slug(seed.name)), "name": shop.texts(seed.name),
        "description": shop.texts(seed.description), "description_short": shop.texts(seed.short_description),
        "associations": {"categories": [{"id": str(each)} for each in dict.fromkeys([HOME, *categories])]}}


def _add_combination(shop: Shop, product_id: int, seed: SeedProduct, variant: SeedVariant, base: Decimal,
                     axis_labels: dict[str, str]) -> None:
    first = not shop.combinations_of[product_id]
    values = [{"id": str(_option_value(shop, axis_labels.get(axis, axis), variant.options[axis]))}
              for axis in seed.axes if axis in variant.options]
    pictures = [{"id": str(add_picture(shop, product_id, image))} for image in variant.images]
    impact = Decimal(net(shop, variant.price)) - Decimal(net(shop, base))
    weight = (variant.weight_kg - (seed.weight_kg or 0)) if variant.weight_kg is not None else Decimal(0)
    number = shop.insert("combinations", {
        "id_product": str(product_id), "ean13": variant.ean, "reference": variant.sku,
        "wholesale_price": "0.000000", "price": money(impact), "ecotax": "0.000000", "weight": money(weight),
        "unit_price_impact": "0.000000", "minimal_quantity": "1", "low_stock_threshold": "0", "low_stock_alert": "0",
        "default_on": "1" if first else "", "available_date": "0000-00-00",
        "associations": {"product_option_values": values, "images": pictures}})
    shop.combinations_of[product_id].append(number)
    shop.add_stock_row(product_id, number, variant.quantity, 1 if seed.backorders else 2)
    if variant.special_price is not None:
        add_specific_price(shop, product_id, number, variant.price - variant.special_price)


def add_specific_price(shop: Shop, product_id: int, attribute: int, off: Decimal) -> int:
    """So much off the shelf price, for everybody and without an end."""
    return shop.insert("specific_prices", {
        "id_shop_group": "0", "id_shop": "0", "id_cart": "0", "id_product": str(product_id),
        "id_product_attribute": str(attribute), "id_currency": "0", "id_country": "0", "id_group": "0",
        "id_customer": "0", "id_specific_price_rule": "0", "price": "-1.000000", "from_quantity": "1",
        "reduction": money(off), "reduction_tax": "1", "reduction_type": "amount", "from": NO_TIME, "to": NO_TIME})


def add_picture(shop: Shop, product_id: int, image: SeedImage) -> int:
    """A picture of a product; one file name is one picture of it."""
    mine = shop.pictures_of.setdefault(product_id, [])
    for number in mine:
        if shop.pictures[number].source.name == image.name:
            return number
    number = max(shop.pictures, default=0) + 1
    shop.pictures[number] = Picture(number, product_id, len(mine) + 1, image)
    mine.append(number)
    return number


def net(shop: Shop, shelf: Decimal) -> str:
    """The price without tax that the shop keeps for a shelf price."""
    return money(shelf / (1 + shop.tax_rate / 100))


def slug(name: str) -> str:
    """`harbour-mug` for "Harbour mug"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "item"


def _manufacturer(shop: Shop, brand: str) -> int:
    if not brand:
        return 0
    for row in shop.tables["manufacturers"].values():
        if row["name"] == brand:
            return int(row["id"])
    return shop.insert("manufacturers", {"active": "1", "link_rewrite": slug(brand), "name": brand})


def _feature(shop: Shop, name: str, value: str) -> dict[str, str]:
    label = name.replace("_", " ").capitalize()
    feature = next((row["id"] for row in shop.tables["product_features"].values() if row["name"]["1"] == label), None)
    if feature is None:
        feature = shop.insert("product_features", {"position": str(len(shop.tables["product_features"])),
                                                   "name": shop.texts(label)})
    known = next((row["id"] for row in shop.tables["product_feature_values"].values()
                  if row["id_feature"] == str(feature) and row["value"]["1"] == value), None)
    if known is None:
        known = shop.insert("product_feature_values", {"id_feature": str(feature), "custom": "0",
                                                       "value": shop.texts(value)})
    return {"id": str(feature), "id_feature_value": str(known)}


def _option_value(shop: Shop, label: str, value: str) -> int:
    label = label.replace("_", " ").capitalize() if label.islower() else label
    group = next((row["id"] for row in shop.tables["product_options"].values() if row["name"]["1"] == label), None)
    is_colour = label.lower() in ("color", "colour")
    if group is None:
        group = shop.insert("product_options", {
            "is_color_group": str(int(is_colour)), "group_type": "color" if is_colour else "select",
            "position": str(len(shop.tables["product_options"])), "name": shop.texts(label),
            "public_name": shop.texts(label)})
    for row in shop.tables["product_option_values"].values():
        if row["id_attribute_group"] == str(group) and row["name"]["1"] == value:
            return int(row["id"])
    colour = _COLOURS.get(value.lower(), "#bdb9b0") if is_colour else ""
    return shop.insert("product_option_values", {
        "id_attribute_group": str(group), "color": colour,
        "position": str(len(shop.tables["product_option_values"])), "name": shop.texts(value)})
