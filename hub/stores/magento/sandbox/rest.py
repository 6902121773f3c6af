"""The REST routes of the shop: /rest/{scope}/V1/…, /oauth/token/…, /media/… (contracts/magento.md 2 to 5).

Each route names the ACL resource it needs; a call without it is a 401 with that name. Errors carry Magento's text
with placeholders and its parameters. `scope` is a store view's code, `all`, or nothing. A route the shop does not
have is the usual 404, which is also what the plugin's routes answer while the plugin is not installed.
"""

from __future__ import annotations

import base64
import json
import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from hub.simulator import recorded
from hub.stores.magento.sandbox import plugin, search
from hub.stores.magento.sandbox.catalogue import ROOT_CATEGORY, SOURCE, STOCK_ID, Product, number, stamp
from hub.stores.magento.sandbox.oauth import OAuthProblem
from hub.stores.magento.sandbox.orders import CannotDo, Order, Shipment
from hub.stores.magento.sandbox.state import MagentoSim

CATALOG = "Magento_Catalog::products"
CATEGORIES = "Magento_Catalog::categories"
ATTRIBUTES = "Magento_Catalog::attributes_attributes"
STORE = "Magento_Backend::store"
STOCK = "Magento_CatalogInventory::cataloginventory"
SOURCES = "Magento_InventoryApi::source"
SALABLE = "Magento_InventorySalesApi::stock"
ORDERS = "Magento_Sales::actions_view"
ORDER_CREATE = "Magento_Sales::create"
SHIP = "Magento_Sales::ship"
NO_ROUTE = "Request does not match any route."
NO_ENTITY = "The entity that was requested doesn't exist. Verify the entity and try again."
NO_PRODUCT = "The product that was requested doesn't exist. Verify the product and try again."
PLACEHOLDER = b"\xff\xd8 no picture"
REQUIRED = '"%fieldName" is required. Enter and try again.'


class Refusal(Exception):
    """An answer in Magento's error form."""

    def __init__(self, status: int, message: str, parameters: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.parameters = parameters


@dataclass(frozen=True)
class Route:
    """One REST route: method, path below V1/ with Flask's placeholders, ACL resource, function."""

    method: str
    path: str
    resource: str
    answer: Callable[..., Any]


def blueprint(sim: MagentoSim) -> Blueprint:
    """All routes of the shop but the control ones."""
    pages = Blueprint("magento", __name__)
    for route in Rest(sim).routes():
        _mount(sim, pages, route)
    for (method, path), answer in plugin.handlers(sim).items():
        _mount_plugin(sim, pages, method, path, answer)
    _mount_oauth(sim, pages)

    @pages.get("/media/catalog/product/<path:file>")
    def media(file: str) -> Response:
        def picture() -> Response:
            image = sim.catalogue.images.get(f"/{file}")
            if image is None:
                # As the shop's own get.php does, which stands behind every web server's missing file.
                return Response(PLACEHOLDER, mimetype="image/jpeg")
            data = image.data()
            # Given as a stream, so that the journal keeps no picture.
            answer = Response(iter((data,)), mimetype=mimetypes.guess_type(file)[0] or "image/jpeg")
            answer.content_length = len(data)
            return answer

        return recorded(sim, "media", picture)

    @pages.get("/magento_version")
    def version() -> Response:
        return recorded(sim, "magento_version", lambda: Response("Magento/2.4 (Community)", mimetype="text/plain"))

    @pages.route("/rest/<path:rest>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    def no_route(rest: str) -> Response:
        return recorded(sim, "no route", lambda: _error(404, NO_ROUTE))

    return pages


def _mount(sim: MagentoSim, pages: Blueprint, route: Route) -> None:
    operation = f"{route.method} {route.path}"

    def view(scope: str = "", **parts: str) -> Response:
        return recorded(sim, operation, lambda: _guarded(sim, scope, route.resource, lambda: route.answer(**parts)))

    for prefix in ("/rest/V1/", "/rest/<scope>/V1/"):
        pages.add_url_rule(prefix + route.path, f"{operation} {len(prefix)}".replace(".", "_"), view,
                           methods=[route.method])  # fmt: skip


def _mount_plugin(sim: MagentoSim, pages: Blueprint, method: str, path: str, answer: Callable[..., plugin.Answer]) -> None:
    operation = f"{method} shopbridge/{path}"

    def run(**parts: str) -> Response:
        if not sim.plugin_installed:
            raise Refusal(404, NO_ROUTE)
        body, status = answer(**parts)
        sim.sender.heard_hub()
        return _json(body, status)

    def view(scope: str = "", **parts: str) -> Response:
        def guarded() -> Response:
            if not sim.plugin_installed:
                return _error(404, NO_ROUTE)
            return _guarded(sim, scope, plugin.RESOURCE, lambda: run(**parts))

        return recorded(sim, operation, guarded)

    for prefix in ("/rest/V1/shopbridge/", "/rest/<scope>/V1/shopbridge/"):
        pages.add_url_rule(prefix + path, f"{operation} {len(prefix)}", view, methods=[method])


def _guarded(sim: MagentoSim, scope: str, resource: str, answer: Callable[[], Any]) -> Response:
    with sim.lock:
        try:
            if scope not in ("", "all", "default"):
                raise Refusal(404, NO_ROUTE)
            sim.integration.authorise(request, resource)
            body = answer()
        except OAuthProblem as refused:
            return _error(refused.status, refused.message, refused.parameters)
        except Refusal as refused:
            return _error(refused.status, refused.message, refused.parameters)
        except CannotDo as refused:
            return _error(400, refused.message, refused.parameters)
        if isinstance(body, Response):
            return body
        return _json(search.pick(body, request.args.get("fields")))


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8")


def _error(status: int, message: str, parameters: Any = None) -> Response:
    body: dict[str, Any] = {"message": message}
    if parameters is not None:
        body["parameters"] = parameters
    return _json(body, status)


def _mount_oauth(sim: MagentoSim, pages: Blueprint) -> None:
    def exchange(take: Callable[[Any], tuple[str, str]]) -> Response:
        with sim.lock:
            try:
                token, secret = take(request)
            except OAuthProblem as refused:
                text = refused.message
                for place, value in enumerate(refused.parameters or [], 1):
                    text = text.replace(f"%{place}", str(value))
                return Response(
                    urlencode({"oauth_problem": text}),
                    status=refused.status,
                    content_type="text/html; charset=UTF-8",
                )
            return Response(
                urlencode({"oauth_token": token, "oauth_token_secret": secret}),
                content_type="text/html; charset=UTF-8",
            )

    @pages.post("/oauth/token/request")
    def token_request() -> Response:
        return recorded(sim, "oauth/token/request", lambda: exchange(sim.integration.exchange_request))

    @pages.post("/oauth/token/access")
    def token_access() -> Response:
        return recorded(sim, "oauth/token/access", lambda: exchange(sim.integration.exchange_access))

    @pages.get("/admin/integration/success")
    def success() -> Response:
        def closed() -> Response:
            sim.integration.popup_closed = True
            return Response("<!doctype html><title>Integration</title><p>You may close this window.</p>")

        return recorded(sim, "success_call_back", closed)


class Rest:
    """The core routes; every method runs under the shop's lock, inside an authorised request."""

    def __init__(self, sim: MagentoSim) -> None:
        self.sim = sim

    def routes(self) -> Sequence[Route]:
        """Every core route of the shop."""
        return [
            Route("GET", "store/storeViews", STORE, self.store_views),
            Route("GET", "store/storeGroups", STORE, self.store_groups),
            Route("GET", "store/websites", STORE, self.websites),
            Route("GET", "store/storeConfigs", STORE, self.store_configs),
            Route("GET", "modules", "Magento_Backend::admin", self.modules),
            Route("GET", "directory/currency", STORE, self.currency),
            Route("GET", "products", CATALOG, self.products),
            Route("GET", "products/attributes", ATTRIBUTES, self.attributes),
            Route("GET", "products/attributes/<code>", ATTRIBUTES, self.attribute),
            Route("GET", "products/attributes/<code>/options", ATTRIBUTES, self.attribute_options),
            Route("GET", "products/attribute-sets/sets/list", "Magento_Catalog::sets", self.attribute_sets),
            Route("GET", "products/<path:sku>", CATALOG, self.product),
            Route("GET", "products/<path:sku>/media", CATALOG, self.media),
            Route("PUT", "products/<path:sku>/stockItems/<int:item>", CATALOG, self.put_stock_item),
            Route("GET", "configurable-products/<path:sku>/children", CATALOG, self.children),
            Route("GET", "configurable-products/<path:sku>/options/all", CATALOG, self.axes),
            Route("POST", "products/base-prices-information", CATALOG, self.base_prices),
            Route("POST", "products/base-prices", CATALOG, self.set_base_prices),
            Route("POST", "products/special-price-information", CATALOG, self.special_prices),
            Route("POST", "products/special-price", CATALOG, self.set_special_prices),
            Route("GET", "stockItems/<path:sku>", STOCK, self.stock_item),
            Route("GET", "stockStatuses/<path:sku>", STOCK, self.stock_status),
            Route("GET", "inventory/source-items", SOURCES, self.source_items),
            Route("POST", "inventory/source-items", SOURCES, self.set_source_items),
            Route("GET", "inventory/sources", SOURCES, self.sources),
            Route("GET", "inventory/stock-resolver/website/<code>", SALABLE, self.stock_resolver),
            Route("GET", "inventory/get-product-salable-quantity/<path:sku>/<int:stock>", SALABLE, self.salable),
            Route("GET", "inventory/is-product-salable/<path:sku>/<int:stock>", SALABLE, self.is_salable),
            Route("GET", "inventory/are-products-salable", SALABLE, self.are_salable),
            Route("GET", "categories", CATEGORIES, self.category_tree),
            Route("GET", "categories/list", CATEGORIES, self.category_list),
            Route("GET", "categories/<int:category>", CATEGORIES, self.category),
            Route("GET", "categories/<int:category>/products", CATEGORIES, self.category_products),
            Route("GET", "orders", ORDERS, self.orders),
            Route("GET", "orders/<int:order>", ORDERS, self.order),
            Route("POST", "orders", ORDER_CREATE, self.post_order),
            Route("POST", "orders/<int:order>/cancel", "Magento_Sales::cancel", self.cancel),
            Route("POST", "orders/<int:order>/hold", "Magento_Sales::hold", self.hold),
            Route("POST", "orders/<int:order>/unhold", "Magento_Sales::unhold", self.unhold),
            Route("POST", "orders/<int:order>/comments", "Magento_Sales::comment", self.add_comment),
            Route("GET", "orders/<int:order>/comments", ORDERS, self.comments),
            Route("POST", "order/<int:order>/invoice", "Magento_Sales::sales_invoice", self.invoice),
            Route("POST", "order/<int:order>/ship", SHIP, self.ship),
            Route("POST", "order/<int:order>/refund", "Magento_Sales::creditmemo", self.refund),
            Route("GET", "shipments", "Magento_Sales::shipment", self.shipments),
            Route("GET", "shipment/<int:shipment>", "Magento_Sales::shipment", self.shipment),
            Route("POST", "shipment/track", "Magento_Sales::shipment", self.add_track),
            Route("DELETE", "shipment/track/<int:track>", "Magento_Sales::shipment", self.delete_track),
            Route("GET", "creditmemos", "Magento_Sales::sales_creditmemo", self.credit_memos),
        ]

    # -- the shop ---------------------------------------------------------------------------------------------------

    def store_views(self) -> Any:
        view = {
            "id": 1,
            "code": "default",
            "name": self.sim.store_name,
            "website_id": 1,
            "store_group_id": 1,
            "is_active": 1,
        }
        admin = {
            "id": 0,
            "code": "admin",
            "name": "Admin",
            "website_id": 0,
            "store_group_id": 0,
            "is_active": 1,
        }
        return [view, admin]

    def store_groups(self) -> Any:
        return [
            {"id": 0, "website_id": 0, "root_category_id": 0, "default_store_id": 0, "name": "Default", "code": "default"},
            {"id": 1, "website_id": 1, "root_category_id": ROOT_CATEGORY, "default_store_id": 1,
             "name": "Main Website Store", "code": "main_website_store"},
        ]  # fmt: skip

    def websites(self) -> Any:
        return [
            {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
            {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1},
        ]

    def store_configs(self) -> Any:
        base = self.sim.base_url or request.host_url
        addresses = {
            "url": base,
            "link_url": base,
            "static_url": f"{base}static/",
            "media_url": f"{base}media/",
        }
        config: dict[str, Any] = {
            "id": 1, "code": "default", "website_id": 1, "locale": self.sim.locale,
            "base_currency_code": self.sim.catalogue.currency,
            "default_display_currency_code": self.sim.catalogue.currency,
            "timezone": self.sim.timezone, "weight_unit": "kgs",
        }  # fmt: skip
        config |= {f"base_{name}": value for name, value in addresses.items()}
        config |= {f"secure_base_{name}": value for name, value in addresses.items()}
        return [config]

    def modules(self) -> Any:
        return self.sim.modules()

    def currency(self) -> Any:
        code = self.sim.catalogue.currency
        return {
            "base_currency_code": code, "base_currency_symbol": None, "default_display_currency_code": code,
            "default_display_currency_symbol": None, "available_currency_codes": [code],
            "exchange_rates": [{"currency_to": code, "rate": 1}],
        }  # fmt: skip

    # -- catalogue ----------------------------------------------------------------------------------------------------

    def _criteria(self) -> search.Criteria:
        try:
            criteria = search.parse(request.args.items(multi=True))
        except search.NoCriteria:
            raise Refusal(400, REQUIRED, {"fieldName": "searchCriteria"}) from None
        limit = self.sim.max_page_size
        if limit is not None and criteria.page_size > limit:
            raise Refusal(400, "Maximum SearchCriteria pageSize is %max", {"max": limit})
        return criteria

    def products(self) -> Any:
        criteria = self._criteria()
        catalogue = self.sim.catalogue
        try:
            rows, total = search.find(list(catalogue.products.values()), criteria, catalogue.read)
        except KeyError as unknown:
            raise Refusal(400, 'The "%1" attribute name is invalid. Reset the name and try again.', [unknown.args[0]]) from None
        return search.answer([catalogue.shown(row) for row in rows], total, criteria)

    def _product(self, sku: str) -> Product:
        product = self.sim.catalogue.by_sku(sku)
        if product is None:
            raise Refusal(404, NO_PRODUCT)
        return product

    def product(self, sku: str) -> Any:
        return self.sim.catalogue.shown(self._product(sku), stock=True)

    def media(self, sku: str) -> Any:
        product = self._product(sku)
        gallery = self.sim.catalogue.gallery(product)
        for entry, picture in zip(gallery, product.pictures, strict=True):
            entry["content"] = {
                "base64_encoded_data": base64.b64encode(picture.image.data()).decode(),
                "type": mimetypes.guess_type(picture.file)[0] or "image/jpeg",
                "name": picture.image.name,
            }
        return gallery

    def children(self, sku: str) -> Any:
        product = self._product(sku)
        catalogue = self.sim.catalogue
        return [catalogue.shown(catalogue.products[child], thin=True) for child in product.children]

    def axes(self, sku: str) -> Any:
        return self.sim.catalogue.axes(self._product(sku))

    def attributes(self) -> Any:
        criteria = self._criteria()
        catalogue = self.sim.catalogue
        shown = [catalogue.attribute_shown(one) for one in catalogue.attributes.values()]
        rows, total = search.find(shown, criteria, lambda row, name: row.get(name))
        return search.answer(rows, total, criteria)

    def attribute(self, code: str) -> Any:
        if code not in self.sim.catalogue.attributes:
            message = 'The attribute with a "%attributeCode" attributeCode doesn\'t exist. Verify the attribute and try again.'
            raise Refusal(404, message, {"attributeCode": code})
        return self.sim.catalogue.attribute_shown(self.sim.catalogue.attributes[code])

    def attribute_options(self, code: str) -> Any:
        return self.attribute(code)["options"]

    def attribute_sets(self) -> Any:
        criteria = self._criteria()
        row = {"attribute_set_id": 4, "attribute_set_name": "Default", "sort_order": 1, "entity_type_id": 4}
        return search.answer([row], 1, criteria)

    # -- prices and stock -----------------------------------------------------------------------------------------------

    def _body(self, name: str) -> Any:
        body = request.get_json(force=True, silent=True)
        if not isinstance(body, dict) or name not in body:
            raise Refusal(400, REQUIRED, {"fieldName": name})
        return body[name]

    def base_prices(self) -> Any:
        found = [self.sim.catalogue.by_sku(str(sku)) for sku in self._body("skus")]
        return [{"price": number(p.price), "store_id": 0, "sku": p.sku} for p in found if p is not None]

    def special_prices(self) -> Any:
        found = [self.sim.catalogue.by_sku(str(sku)) for sku in self._body("skus")]
        return [
            {
                "price": number(p.special_price),
                "store_id": 0,
                "sku": p.sku,
                "price_from": stamp(p.special_from) if p.special_from else None,
                "price_to": stamp(p.special_to) if p.special_to else None,
            }
            for p in found
            if p is not None and p.special_price is not None
        ]

    def set_base_prices(self) -> Any:
        complaints = []
        for row in self._body("prices"):
            product = self.sim.catalogue.by_sku(str(row.get("sku")))
            price = _amount(row.get("price"))
            if product is None or price is None:
                complaints.append(_rejected(row, product is None))
                continue
            product.price = price
            self.sim.say("price.changed", product, via="api")
        return complaints

    def set_special_prices(self) -> Any:
        complaints = []
        for row in self._body("prices"):
            product = self.sim.catalogue.by_sku(str(row.get("sku")))
            price = _amount(row.get("price"))
            if product is None or price is None:
                complaints.append(_rejected(row, product is None))
                continue
            product.special_price = price
            product.special_from = _time(row.get("price_from"))
            product.special_to = _time(row.get("price_to"))
            self.sim.say("price.changed", product, via="api")
        return complaints

    def stock_item(self, sku: str) -> Any:
        return self.sim.catalogue.stock_item(self._product(sku))

    def stock_status(self, sku: str) -> Any:
        product = self._product(sku)
        item = self.sim.catalogue.stock_item(product)
        return {"product_id": product.id, "stock_id": STOCK_ID, "qty": item["qty"],
                "stock_status": int(product.is_in_stock), "stock_item": item}  # fmt: skip

    def put_stock_item(self, sku: str, item: int) -> Any:
        product = self._product(sku)
        wanted = self._body("stockItem")
        quantity = _amount(wanted.get("qty")) if "qty" in wanted else product.quantity
        if quantity is None:
            raise Refusal(400, f'Error occurred during "qty" processing. The "{wanted["qty"]}" value\'s type is invalid. '
                               'The "float" type was expected. Verify and try again.')  # fmt: skip
        product.quantity = quantity
        product.is_in_stock = bool(wanted.get("is_in_stock", product.is_in_stock))
        self._stock_changed(product)
        return product.id

    def _stock_changed(self, product: Product) -> None:
        salable = self.sim.catalogue.salable(product)
        self.sim.say("stock.changed", product, via="api", hint={"qty": str(salable)})

    def source_items(self) -> Any:
        criteria = self._criteria()
        catalogue = self.sim.catalogue
        shown = [catalogue.source_item(product) for product in catalogue.products.values() if product.is_sellable]
        rows, total = search.find(shown, criteria, lambda row, name: row.get(name))
        return search.answer(rows, total, criteria)

    def set_source_items(self) -> Any:
        rows = self._body("sourceItems")
        found = [(row, self.sim.catalogue.by_sku(str(row.get("sku")))) for row in rows]
        for row, product in found:
            if product is None or row.get("source_code") != SOURCE or _amount(row.get("quantity")) is None:
                raise Refusal(400, "Validation Failed", [])
        for row, product in found:
            if product is not None:
                product.quantity = _amount(row["quantity"]) or Decimal(0)
                product.is_in_stock = bool(row.get("status", 1))
                self._stock_changed(product)
        return []

    def sources(self) -> Any:
        criteria = search.Criteria(shown={"filter_groups": []})
        row = {
            "source_code": SOURCE, "name": "Default Source", "enabled": True, "description": "Default Source",
            "latitude": 0, "longitude": 0, "country_id": "GB", "postcode": "00000", "use_default_carrier_config": True,
            "carrier_links": [],
            "extension_attributes": {"is_pickup_location_active": False, "frontend_name": ""},
        }  # fmt: skip
        return search.answer([row], 1, criteria)

    def stock_resolver(self, code: str) -> Any:
        if code != "base":
            raise Refusal(404, "No linked stock found")
        channels = [{"type": "website", "code": "base"}]
        return {
            "stock_id": STOCK_ID,
            "name": "Default Stock",
            "extension_attributes": {"sales_channels": channels},
        }

    def _sold(self, sku: str) -> Product:
        product = self._product(sku)
        if not product.is_sellable:
            raise Refusal(400, "Can't check requested quantity for products without Source Items support.")
        return product

    def salable(self, sku: str, stock: int) -> Any:
        return number(self.sim.catalogue.salable(self._sold(sku)))

    def is_salable(self, sku: str, stock: int) -> Any:
        return self.sim.catalogue.can_sell(self._sold(sku), Decimal(1))

    def are_salable(self) -> Any:
        skus = [value for name, value in request.args.items(multi=True) if name.startswith("skus[")]
        return [
            {
                "sku": sku,
                "stock_id": STOCK_ID,
                "salable": product is not None and self.sim.catalogue.can_sell(product, Decimal(1)),
            }
            for sku, product in ((sku, self.sim.catalogue.by_sku(sku)) for sku in skus)
        ]

    # -- categories -----------------------------------------------------------------------------------------------------

    def category_tree(self) -> Any:
        root = request.args.get("rootCategoryId", str(ROOT_CATEGORY))
        depth = request.args.get("depth")
        if not root.isdigit() or int(root) not in self.sim.catalogue.categories:
            raise Refusal(404, "No such entity with %fieldName = %fieldValue", {"fieldName": "id", "fieldValue": root})
        return self.sim.catalogue.category_tree(int(root), int(depth) if depth and depth.isdigit() else None)

    def category_list(self) -> Any:
        criteria = self._criteria()
        shown = [self.sim.catalogue.category_shown(one) for one in self.sim.catalogue.categories.values()]

        def read(row: dict[str, Any], name: str) -> Any:
            return row.get("id" if name == "entity_id" else name)

        rows, total = search.find(shown, criteria, read)
        return search.answer(rows, total, criteria)

    def category(self, category: int) -> Any:
        if category not in self.sim.catalogue.categories:
            raise Refusal(
                404,
                "No such entity with %fieldName = %fieldValue",
                {"fieldName": "id", "fieldValue": category},
            )
        return self.sim.catalogue.category_shown(self.sim.catalogue.categories[category])

    def category_products(self, category: int) -> Any:
        self.category(category)
        return [
            {"sku": product.sku, "position": 0, "category_id": str(category)}
            for product in self.sim.catalogue.products.values()
            if category in product.category_ids
        ]

    # -- orders -------------------------------------------------------------------------------------------------------

    def orders(self) -> Any:
        criteria = self._criteria()
        orders = self.sim.orders
        try:
            rows, total = search.find(list(orders.orders.values()), criteria, orders.read)
        except KeyError as unknown:
            raise Refusal(
                500,
                f"SQLSTATE[42S22]: Column not found: 1054 Unknown column '{unknown.args[0]}' in 'where clause'",
            ) from None
        if not orders.orders and criteria.names - {"entity_id"}:
            return search.answer([], 0, criteria)
        return search.answer([orders.shown(row) for row in rows], total, criteria)

    def _order(self, order: int) -> Order:
        if order not in self.sim.orders.orders:
            raise Refusal(404, NO_ENTITY)
        return self.sim.orders.orders[order]

    def order(self, order: int) -> Any:
        return self.sim.orders.shown(self._order(order))

    def post_order(self) -> Any:
        entity = self._body("entity")
        return self.sim.orders.shown(self.sim.orders.post(entity))

    def cancel(self, order: int) -> Any:
        return self.sim.orders.cancel(self._order(order), via="api", by_core=True)

    def hold(self, order: int) -> Any:
        self.sim.orders.hold(self._order(order), via="api")
        return True

    def unhold(self, order: int) -> Any:
        self.sim.orders.unhold(self._order(order), via="api")
        return True

    def add_comment(self, order: int) -> Any:
        wanted = self._body("statusHistory")
        self.sim.orders.comment(self._order(order), str(wanted.get("comment", "")), via="api", status=wanted.get("status"))
        return True

    def comments(self, order: int) -> Any:
        rows = self._order(order).comments
        one = {"field": "parent_id", "value": str(order), "condition_type": "eq"}
        criteria = search.Criteria(shown={"filter_groups": [{"filters": [one]}]})
        return search.answer(rows, len(rows), criteria)

    def _quantities(self, body: dict[str, Any], order: Order) -> dict[int, Decimal] | None:
        if not body.get("items"):
            return None
        known = {item.item_id for item in order.items}
        wanted: dict[int, Decimal] = {}
        for row in body["items"]:
            if row.get("order_item_id") not in known:
                raise Refusal(400, "The order does not contain this item.")
            wanted[row["order_item_id"]] = Decimal(str(row.get("qty", 0)))
        return wanted

    def invoice(self, order: int) -> Any:
        body = request.get_json(force=True, silent=True) or {}
        found = self._order(order)
        return str(self.sim.orders.invoice(found, self._quantities(body, found), via="api"))

    def ship(self, order: int) -> Any:
        body = request.get_json(force=True, silent=True) or {}
        found = self._order(order)
        extension = (body.get("arguments") or {}).get("extension_attributes") or {}
        for track in body.get("tracks") or []:
            _needs(track, "track_number", "title", "carrier_code")
        shipment = self.sim.orders.ship(
            found, self._quantities(body, found), body.get("tracks") or [], via="api",
            comment=str((body.get("comment") or {}).get("comment") or ""),
            source=str(extension.get("source_code") or SOURCE),
        )  # fmt: skip
        return str(shipment.entity_id)

    def refund(self, order: int) -> Any:
        body = request.get_json(force=True, silent=True) or {}
        found = self._order(order)
        extra = body.get("arguments") or {}
        shipping = _amount(extra.get("shipping_amount")) if "shipping_amount" in extra else None
        plus, minus = (
            _amount(extra.get("adjustment_positive", 0)),
            _amount(extra.get("adjustment_negative", 0)),
        )
        back = set((extra.get("extension_attributes") or {}).get("return_to_stock_items") or [])
        memo = self.sim.orders.refund_items(
            found, self._quantities(body, found), shipping=shipping,
            adjustment=(plus or Decimal(0)) - (minus or Decimal(0)), restock=back, via="api",
        )  # fmt: skip
        return str(memo.entity_id)

    def _shipments(self) -> list[Shipment]:
        return [shipment for order in self.sim.orders.orders.values() for shipment in order.shipments]

    def shipments(self) -> Any:
        criteria = self._criteria()
        shown = [self.sim.orders.shipment_shown(one) for one in sorted(self._shipments(), key=lambda s: s.entity_id)]
        rows, total = search.find(shown, criteria, lambda row, name: row.get(name))
        return search.answer(rows, total, criteria)

    def shipment(self, shipment: int) -> Any:
        for one in self._shipments():
            if one.entity_id == shipment:
                return self.sim.orders.shipment_shown(one)
        raise Refusal(404, NO_ENTITY)

    def add_track(self) -> Any:
        wanted = self._body("entity")
        _needs(wanted, "parent_id", "track_number", "title", "carrier_code")
        for one in self._shipments():
            if one.entity_id == wanted["parent_id"]:
                return self.sim.orders.track_shown(one, self.sim.orders.add_track(one, wanted, via="api"))
        raise Refusal(400, "Could not save the shipment tracking.")

    def delete_track(self, track: int) -> Any:
        for one in self._shipments():
            for known in one.tracks:
                if known.entity_id == track:
                    one.tracks.remove(known)
                    return True
        raise Refusal(404, NO_ENTITY)

    def credit_memos(self) -> Any:
        criteria = self._criteria()
        memos = [memo for order in self.sim.orders.orders.values() for memo in order.memos]
        shown = [self.sim.orders.memo_shown(one) for one in sorted(memos, key=lambda m: m.entity_id)]
        rows, total = search.find(shown, criteria, lambda row, name: row.get(name))
        return search.answer(rows, total, criteria)


def _needs(body: dict[str, Any], *names: str) -> None:
    for name in names:
        if body.get(name) in (None, ""):
            raise Refusal(400, REQUIRED, {"fieldName": name})


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _rejected(row: dict[str, Any], unknown: bool) -> dict[str, Any]:
    if unknown:
        return {
            "message": "Invalid attribute %fieldName = %fieldValue.",
            "parameters": ["SKU", str(row.get("sku"))],
        }
    return {
        "message": "Invalid attribute %fieldName = %fieldValue.",
        "parameters": ["Price", str(row.get("price"))],
    }


def _time(text: Any) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Refusal(400, "Invalid date %1", [text]) from None
