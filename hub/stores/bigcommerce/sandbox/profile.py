"""The store's own facts: profile, currencies, stock rules, channels, price lists (contract 3.1, 3.4, 3.5, 4)."""

from __future__ import annotations

import re
import uuid
from typing import Any

from hub import clock
from hub.stores.bigcommerce.sandbox.bodies import Flag, Shape, Text, insist_v3
from hub.stores.bigcommerce.sandbox.gate import Call, Table
from hub.stores.bigcommerce.sandbox.shop import Channel
from hub.stores.bigcommerce.sandbox.wire import Refusal, bare_page, envelope, iso

TABLE = Table(("store_v2_information",))
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}
_PAGING = ("page", "limit")


@TABLE.on("getStoreInformation", "GET", "/v2/store")
def get_store(call: Call) -> Any:
    sim, shop = call.sim, call.sim.shop
    domain = f"store-{shop.store_hash}.mybigcommerce.com"
    return {
        "id": shop.store_hash, "account_uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, domain)), "domain": domain, "secure_url": f"https://{domain}",
        "control_panel_base_url": f"https://{domain}", "status": "live", "name": shop.name, "first_name": "Practice", "last_name": "Merchant",
        "address": "1 Harbour Street\nLeeds", "country": "United Kingdom" if shop.metric else "United States",
        "country_code": "GB" if shop.metric else "US", "infrastructure_region": "us-central1", "phone": "", "admin_email": "owner@example.com",
        "order_email": "orders@example.com", "favicon_url": "",
        "timezone": {"name": shop.timezone, "raw_offset": 0, "dst_offset": 3600, "dst_correction": True,
                     "date_format": {"display": "jS M Y", "export": "jS M Y", "extended_display": "jS M Y @ g:i A"}},
        "language": "en", "currency": shop.currency, "currency_symbol": _SYMBOLS.get(shop.currency, shop.currency), "decimal_separator": ".",
        "thousands_separator": ",", "decimal_places": 2, "currency_symbol_location": "left", "weight_units": "KGS" if shop.metric else "LBS",
        "dimension_units": "Centimeters" if shop.metric else "Inches", "dimension_decimal_places": 2, "dimension_decimal_token": ".",
        "dimension_thousands_token": ",", "plan_name": sim.plan, "plan_level": sim.plan, "plan_is_trial": False, "industry": "",
        "logo": [], "is_price_entered_with_tax": shop.with_tax, "store_id": int(sim.store_id), "default_channel_id": 1, "default_site_id": 1000,
        "active_comparison_modules": [],
        "features": {"stencil_enabled": True, "sitewidehttps_enabled": True, "facebook_catalog_id": "", "checkout_type": "optimized",
                     "wishlists_enabled": False, "graphql_storefront_api_enabled": True, "shopper_consent_tracking_enabled": False,
                     "multi_storefront_enabled": True, "storefront_limits": {"active": 1, "total_including_inactive": 1}}}


@TABLE.on("getSystemTimestamp", "GET", "/v2/time", scopes=())
def get_time(call: Call) -> Any:
    return {"time": int(clock.timestamp())}


@TABLE.on("getCurrencies", "GET", "/v2/currencies", *_PAGING)
def get_currencies(call: Call) -> Any:
    code = call.sim.shop.currency
    symbol = _SYMBOLS.get(code, code)
    row: dict[str, Any] = {"id": 1, "is_default": True, "country_iso2": "GB" if code == "GBP" else "US",
                           "default_for_country_codes": [], "currency_code": code,
           "currency_exchange_rate": "1.0000000000", "auto_update": False, "token_location": "left", "token": symbol, "decimal_token": ".",
           "thousands_token": ",", "decimal_places": 2, "name": code, "enabled": True, "is_transactional": True, "use_default_name": True,
           "last_updated": iso(call.sim.born)}
    return list(bare_page([row], call.query)) or None


_RULES = Shape({
    "product_out_of_stock_behavior": Text(choices=("do_nothing", "hide_product", "hide_product_and_accessible", "hide_product_and_redirect")),
    "option_out_of_stock_behavior": Text(choices=("do_nothing", "hide_option", "label_option")),
    "update_stock_behavior": Text(choices=("order_placed", "order_completed_or_shipped")),
    "edit_order_stock_adjustment": Flag(), "refund_order_stock_adjustment": Flag(),
    "stock_level_display": Text(choices=("dont_show", "show", "show_when_low")), "default_out_of_stock_message": Text(),
    "hide_in_product_filtering": Flag(), "show_pre_order_stock_levels": Flag(), "show_out_of_stock_message": Flag()})


def _known_channel(call: Call) -> None:
    asked = call.query.get("channel_id")
    if asked is not None and asked not in map(str, call.sim.shop.channels):
        raise Refusal(422, f"Channel {asked} was not found", {"channel_id": "invalid"})


@TABLE.on("getSettingsInventory", "GET", "/v3/settings/inventory", "channel_id")
def get_stock_rules(call: Call) -> Any:
    _known_channel(call)
    return {"data": dict(call.sim.shop.stock_rules), "meta": {}}


@TABLE.on("updateSettingsInventory", "PUT", "/v3/settings/inventory", "channel_id")
def put_stock_rules(call: Call) -> Any:
    _known_channel(call)
    insist_v3(_RULES, call.body)
    call.sim.shop.stock_rules.update(call.body)
    return {"data": dict(call.sim.shop.stock_rules), "meta": {}}


# --- channels (contract 4) ----------------------------------------------------------------------------------------

CHANNELS = Table(("store_channel_settings", "store_channel_listings"))
_STATUSES = ("active", "prelaunch", "inactive", "connected", "disconnected", "archived", "deleted", "terminated")
_TYPES = {"marketplace": ("connected", "disconnected", "archived", "deleted"), "marketing": ("connected", "disconnected", "archived", "deleted"),
          "pos": ("connected", "disconnected", "archived", "deleted"), "storefront": ("active", "prelaunch", "inactive", "archived", "deleted")}
_CHANNEL = {"external_id": Text(255), "is_listable_from_ui": Flag(), "is_visible": Flag(), "name": Text(255, 1), "status": Text(choices=_STATUSES)}
_NEW_CHANNEL = Shape(_CHANNEL | {"type": Text(choices=tuple(_TYPES)), "platform": Text(100, 1)}, required=("name", "type", "platform"),
                     readonly=frozenset({"id", "date_created", "date_modified", "icon_url", "is_enabled"}))
_OLD_CHANNEL = Shape(_CHANNEL, readonly=frozenset({"id", "type", "platform", "date_created", "date_modified", "icon_url", "is_enabled"}))
_CHANNEL_NAME = re.compile(r"[A-Za-z0-9 _-]+")


def _channel_row(one: Channel) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "type": one.kind, "platform": one.platform, "status": one.status, "external_id": one.external_id,
            "is_listable_from_ui": one.is_listable, "is_visible": one.is_visible, "is_enabled": one.is_enabled,
            "date_created": iso(one.created), "date_modified": iso(one.created), "icon_url": ""}


@CHANNELS.on("getChannels", "GET", "/v3/channels", *_PAGING, "include", "available", "status:in", "type:in", "platform:in")
def get_channels(call: Call) -> Any:
    query = call.query
    rows = [one for one in call.sim.shop.channels.values()
            if ("status:in" not in query or one.status in call.listed("status:in")) and ("type:in" not in query or one.kind in call.listed("type:in"))
            and ("platform:in" not in query or one.platform in call.listed("platform:in"))
            and query.get("available", str(one.is_enabled).lower()) == str(one.is_enabled).lower()]
    return envelope(rows, _channel_row, query)


def _channel(call: Call) -> Channel:
    one = call.sim.shop.channels.get(call.ids["channel_id"])
    if one is None:
        raise Refusal(404, f"Channel {call.ids['channel_id']} was not found")
    return one


@CHANNELS.on("getChannel", "GET", "/v3/channels/{channel_id}", "include")
def get_channel(call: Call) -> Any:
    return {"data": _channel_row(_channel(call)), "meta": {}}


def _check_channel(call: Call, name: str, kind: str, status: str, but: int = 0) -> None:
    errors = {}
    if not _CHANNEL_NAME.fullmatch(name):
        errors["name"] = "latin letters, digits, dash and underscore only"
    if status not in _TYPES[kind]:
        errors["status"] = f"not valid for {kind}"
    if errors:
        raise Refusal(422, "The channel is not valid", errors)
    if any(one.name == name and one.id != but for one in call.sim.shop.channels.values()):
        raise Refusal(409, "A channel with this name exists already", {"name": "not unique"})


@CHANNELS.on("createChannel", "POST", "/v3/channels", scopes=("store_channel_settings",))
def post_channel(call: Call) -> Any:
    insist_v3(_NEW_CHANNEL, call.body)
    given, shop = call.body, call.sim.shop
    kind = given["type"]
    status = given.get("status", "active" if kind == "storefront" else "connected")
    _check_channel(call, given["name"], kind, status)
    one = Channel(shop.next_id("channel", 664_179), given["name"], kind, given["platform"], status, clock.now(), given.get("external_id", ""),
                  given.get("is_visible", True), given.get("is_listable_from_ui", True))
    shop.channels[one.id] = one
    return {"data": _channel_row(one), "meta": {}}


@CHANNELS.on("updateChannel", "PUT", "/v3/channels/{channel_id}", scopes=("store_channel_settings",))
def put_channel(call: Call) -> Any:
    one = _channel(call)
    insist_v3(_OLD_CHANNEL, call.body)
    given = call.body
    _check_channel(call, given.get("name", one.name), one.kind, given.get("status", one.status), one.id)
    one.name, one.status = given.get("name", one.name), given.get("status", one.status)
    one.external_id = given.get("external_id", one.external_id)
    one.is_visible, one.is_listable = given.get("is_visible", one.is_visible), given.get("is_listable_from_ui", one.is_listable)
    return {"data": _channel_row(one), "meta": {}}


# --- price lists --------------------------------------------------------------------------------------------------

PRICES = Table(("store_v2_products",))


@PRICES.on("getPriceLists", "GET", "/v3/pricelists", *_PAGING, "id:in", "name")
def get_price_lists(call: Call) -> Any:
    ids = call.numbers("id:in")
    rows = [one for one in call.sim.shop.price_lists.values() if ("id:in" not in call.query or one["id"] in ids)
            and call.query.get("name", one["name"]) == one["name"]]
    return envelope(rows, lambda one: {"id": one["id"], "name": one["name"], "active": one["active"], "date_created": one["date"],
                                       "date_modified": one["date"]}, call.query)


@PRICES.on("getPriceListRecords", "GET", "/v3/pricelists/{price_list_id}/records", *_PAGING, "variant_id:in", "product_id:in", "currency")
def get_price_records(call: Call) -> Any:
    one = call.sim.shop.price_lists.get(call.ids["price_list_id"])
    if one is None:
        raise Refusal(404, f"Price list {call.ids['price_list_id']} was not found")
    query, variants, products = call.query, call.numbers("variant_id:in"), call.numbers("product_id:in")
    rows = [row for row in one["records"] if ("variant_id:in" not in query or row["variant_id"] in variants)
            and ("product_id:in" not in query or row["product_id"] in products)
            and query.get("currency", row["currency"]).upper() == row["currency"]]
    return envelope(rows, dict, query)


@PRICES.on("getListOfPriceListAssignments", "GET", "/v3/pricelists/assignments", *_PAGING, "price_list_id", "channel_id")
def get_price_assignments(call: Call) -> Any:
    query = call.query
    rows = [{"id": one["id"], "price_list_id": one["id"], "channel_id": one["channel_id"]}
            for one in call.sim.shop.price_lists.values() if one["channel_id"]]
    rows = [row for row in rows if query.get("price_list_id", str(row["price_list_id"])) == str(row["price_list_id"])
            and query.get("channel_id", str(row["channel_id"])) == str(row["channel_id"])]
    return envelope(rows, dict, query)
