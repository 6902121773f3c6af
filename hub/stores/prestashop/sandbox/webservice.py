"""The webservice under /api: keys and permissions, reading, writing, pictures (contract 2 to 4).

What the real one does and a caller would not expect is kept: answers of a write are built from the request, JSON
bodies are no XML, a wrong filter is a 500, an unknown shop is the home page with 200, PUT empties what is not sent.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from flask import Response, request

from hub.seed import SeedImage
from hub.stores.prestashop.sandbox import formats, orders
from hub.stores.prestashop.sandbox.query import Query, Wrong
from hub.stores.prestashop.sandbox.schema import RESOURCES, Association, Field, Resource
from hub.stores.prestashop.sandbox.seeding import add_picture
from hub.stores.prestashop.sandbox.shop import HOME, NO_TIME, Row, Shop, money

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REALM = ('Basic realm="Welcome to PrestaShop Webservice, please enter the authentication key as the login. '
         'No password required."')
_NAMES_OF_CUSTOMERS = set("!<>,;?=+()/\\@#\"°*`{}_^$%:¤[]|")
_NAMES_OF_ADDRESSES = set("!<>,;?=+()@#\"°{}_$%:¤|")
_CITY = set("!<>;?=+@#\"°{}_$%")
_STREET = set("!<>?=+@{}_$%")
_PRICE = re.compile(r"price\[(\w+)\]\[(\w+)\]")
_READ_ONLY = {"products": ("manufacturer_name", "quantity")}
_DEFAULTS: dict[str, dict[str, str]] = {
    "products": {"id_shop_default": "1", "redirect_type": "", "condition": "new", "visibility": "both",
                 "pack_stock_type": "0"},
    "carts": {"id_shop": "1", "id_shop_group": "1"}, "customers": {"id_lang": "1", "id_shop": "1",
                                                                  "id_shop_group": "1"}}


class Keys:
    """The webservice keys: for each, the methods allowed on each resource (None: everything)."""

    def __init__(self, key: str, permissions: dict[str, Iterable[str]] | None) -> None:
        self.key = key
        self.active = True
        self.permissions: dict[str, set[str]] | None = None
        self.allow(permissions)

    def allow(self, permissions: dict[str, Iterable[str]] | None) -> None:
        """Set the permissions: `{"products": ["GET", "HEAD"]}`, or None for all."""
        self.permissions = None if permissions is None else {
            name: {each.upper() for each in methods} for name, methods in permissions.items()}

    def may(self, resource: str, method: str) -> bool:
        """Whether the key has this right."""
        return self.permissions is None or method in self.permissions.get(resource, set())

    def knows(self, resource: str) -> bool:
        """Whether the key has any right on it."""
        return self.permissions is None or bool(self.permissions.get(resource))


class Webservice:
    """Answers /api for one shop."""

    def __init__(self, shop: Shop, keys: Keys) -> None:
        self.shop = shop
        self.keys = keys
        self.on = True

    # --- one call ----------------------------------------------------------------------------------------------

    def answer(self, path: str) -> Response:
        """The answer to the current request for /api/{path}."""
        as_json = self._wants_json()
        try:
            with self.shop.lock, self.shop.acting("api"):
                return self._authorised(path, as_json)
        except Wrong as wrong:
            return self._error(wrong.status, wrong.errors, as_json)
        except orders.CoreDied as died:
            return Response(died.text, 500, content_type="text/html; charset=utf-8")

    def _authorised(self, path: str, as_json: bool) -> Response:
        given = request.authorization.username if request.authorization else request.args.get("ws_key")
        if not given:
            plain = Response("401 Unauthorized", 401, content_type="text/html; charset=utf-8")
            plain.headers["WWW-Authenticate"] = REALM
            return plain
        if len(given) != 32:
            raise Wrong(401, (18, "Invalid authentication key format"))
        if given != self.keys.key or not self.keys.active:
            raise Wrong(401, (20, "Authentification key is not active"),
                        (21, "No permission for this authentication key"))
        if self.keys.permissions is not None and not any(self.keys.permissions.values()):
            raise Wrong(401, (21, "No permission for this authentication key"))
        if not self.on:
            raise Wrong(503, (22, "The PrestaShop webservice is disabled. Please activate it in the PrestaShop Back "
                              "Office"))
        method = (request.args.get("ps_method") or request.method).upper()
        if request.args.get("id_shop", "1") not in ("1", "all", ""):
            return Response("<!doctype html><html><body>" + self.shop.name + "</body></html>",
                            content_type="text/html; charset=utf-8")
        parts = [part for part in path.split("/") if part]
        if not parts:
            return self._root()
        if parts[0] == "images":
            return self._images(method, parts[1:])
        resource = RESOURCES.get(parts[0])
        if resource is None:
            names = sorted([*RESOURCES, "images"])
            near = (get_close_matches(parts[0], names, 1, 0.0) or names)[0]
            listed = '", "'.join(names)
            raise Wrong(400, (27, f'Resource of type "{parts[0]}" does not exists. Did you mean: "{near}"? '
                              f'The full list is: "{listed}"'))
        self._check_rights(parts[0], method, resource.forbidden)
        if request.args.get("schema"):
            return self._xml(formats.xml_schema(resource, synopsis=request.args["schema"] == "synopsis",
                                                languages=self.shop.language_ids))
        if method in ("GET", "HEAD"):
            return self._read(resource, parts[1:], as_json)
        if method == "DELETE":
            return self._delete(resource, parts[1:])
        return self._write(resource, method, parts[1:], as_json)

    def _check_rights(self, name: str, method: str, forbidden: Iterable[str]) -> None:
        if method not in METHODS or (method == "PATCH" and self.shop.version < "8"):
            raise Wrong(405, (23, f"Method {method} is not valid"))
        if not self.keys.knows(name):
            raise Wrong(401, (26, f'Resource of type "{name}" is not allowed with this authentication key'))
        if method in forbidden:
            raise Wrong(405, (101, f"Method {method} is not allowed for the resource {name}"))
        if not self.keys.may(name, method):
            raise Wrong(405, (25, f"Method {method} is not allowed for the resource {name} with this "
                              "authentication key"))

    @staticmethod
    def _wants_json() -> bool:
        said = (request.args.get("output_format") or request.args.get("io_format")
                or request.headers.get("Output-Format") or request.headers.get("Io-Format") or "")
        return said.upper() == "JSON"

    # --- answers -----------------------------------------------------------------------------------------------

    def _finish(self, body: str | bytes, content_type: str, status: int = 200, version: str = "") -> Response:
        data = body.encode() if isinstance(body, str) else body
        sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        if status == 200 and request.headers.get("Local-Content-Sha1") == sha1:
            data, status = b"", 304
        response = Response(data, status, content_type=content_type)
        response.headers["X-Powered-By"] = "PrestaShop Webservice"
        response.headers["PSWS-Version"] = version or self.shop.version
        response.headers["Execution-Time"] = "0.006"
        response.headers["Set-Cookie"] = f"PrestaShop-{self.shop.name[:4]}=practice; path=/; HttpOnly"
        if status in (200, 201) and data:
            response.headers["Content-Sha1"] = sha1
        return response

    def _xml(self, body: str, status: int = 200) -> Response:
        return self._finish(body, "text/xml;charset=utf-8", status)

    def _error(self, status: int, errors: list[tuple[int, str]], as_json: bool) -> Response:
        version = "0" if status == 401 and errors[0][0] != 26 else self.shop.version
        if as_json:
            response = self._finish(formats.json_errors(errors), "application/json", status, version)
        else:
            response = self._finish(formats.xml_errors(errors), "text/xml;charset=utf-8", status, version)
        if status == 401:
            response.headers["WWW-Authenticate"] = REALM
        return response

    def _root(self) -> Response:
        out = [formats.HEAD, f'<api shopName="{self.shop.name.replace(chr(34), "&quot;")}">\n']
        for name, resource in sorted([*RESOURCES.items(), ("images", None)], key=lambda pair: pair[0]):
            if not self.keys.knows(name):
                continue
            barred = resource.forbidden if resource else frozenset()
            rights = " ".join(f'{method.lower()}="{str(self.keys.may(name, method) and method not in barred).lower()}"'
                              for method in ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"))
            link = f'xlink:href="{self.api}{name}" {rights}'
            out.append(f"<{name} {link}>\n<description {link}>\nThe {name.replace('_', ' ')}</description>\n")
            out += [f'<schema xlink:href="{self.api}{name}?schema={kind}" type="{kind}"/>\n'
                    for kind in ("blank", "synopsis")] if resource else []
            out.append(f"</{name}>\n")
        return self._xml("".join(out) + "</api>\n" + formats.TAIL)

    @property
    def api(self) -> str:
        """The address of the webservice as this caller sees it."""
        return request.host_url + "api/"

    # --- reading -----------------------------------------------------------------------------------------------

    def _read(self, resource: Resource, rest: list[str], as_json: bool) -> Response:
        languages = self._languages()
        query = Query(resource, request.args, self.shop.language_ids)
        table = self.shop.tables[resource.plural]
        if rest:
            row = self.shop.row(resource.plural, rest[0])
            if row is None or not rest[0].isdigit():
                return self._finish(b"", "text/html; charset=utf-8", 404)
            alone = query.fields is None
            body = self._document(resource, [self.shown(resource, row)], query if not alone else None, languages,
                                  as_json, alone=alone)
            return self._finish(body, "application/json" if as_json else "text/xml;charset=utf-8")
        rows = [self.shown(resource, row) for row in query.choose(list(table.values()))]
        if query.fields is None:
            body = self._ids(resource, rows, as_json)
        else:
            body = self._document(resource, rows, query, languages, as_json, alone=False)
        return self._finish(body, "application/json" if as_json else "text/xml;charset=utf-8")

    def _languages(self) -> tuple[str, ...]:
        given = request.args.get("language", "").strip("[]")
        if not given:
            return self.shop.language_ids
        low_high = given.split(",")
        if len(low_high) == 2:
            return tuple(each for each in self.shop.language_ids if int(low_high[0]) <= int(each) <= int(low_high[1]))
        return tuple(each for each in self.shop.language_ids if each in given.split("|")) or self.shop.language_ids

    def _ids(self, resource: Resource, rows: list[Row], as_json: bool) -> str:
        if as_json:
            return formats.php_json({resource.plural: [{"id": row["id"]} for row in rows]} if rows else [])
        links = "".join(f'<{resource.singular} id="{row["id"]}" xlink:href="{self.api}{resource.plural}/{row["id"]}"/>\n'
                        for row in rows)
        return f"{formats.HEAD}<{resource.plural}>\n{links}</{resource.plural}>\n{formats.TAIL}"

    def _document(self, resource: Resource, rows: list[Row], query: Query | None, languages: tuple[str, ...],
                  as_json: bool, *, alone: bool) -> str:
        fields = list(resource.fields) if query is None or query.fields is None else query.fields
        everything = query is None or query.full
        texts: list[str] = []
        objects: list[dict[str, Any]] = []
        for row in rows:
            lists = [(each, row["associations"].get(each.name) or []) for each in resource.associations
                     if (everything or (query is not None and each.name in query.lists))
                     and (row["associations"].get(each.name) or each.api == "taxes")]
            shown = row if everything or query is None or query.shows_id else {**row, "id": None}
            extra = self._prices(resource, row)
            if as_json:
                objects.append(formats.json_entity(fields, lists, shown, languages, extra,
                                                   numbers=self.shop.version >= "9", leave_out=alone))
            else:
                texts.append(formats.xml_entity(resource, fields, lists, shown, self.api, languages, extra))
        if as_json:
            return formats.php_json({resource.singular: objects[0]} if alone
                                    else {resource.plural: objects} if objects else [])
        inner = "".join(texts)
        return formats.HEAD + (inner if alone else f"<{resource.plural}>\n{inner}</{resource.plural}>\n") + formats.TAIL

    def _prices(self, resource: Resource, row: Row) -> dict[str, str]:
        """The computed prices that `price[NAME][…]` asks for (products and combinations)."""
        if resource.plural not in ("products", "combinations") or row.get("id") is None:
            return {}
        asked: dict[str, dict[str, str]] = {}
        for name, value in request.args.items():
            if found := _PRICE.fullmatch(name):
                asked.setdefault(found[1], {})[found[2]] = value
        found_prices = {}
        for name, options in asked.items():
            if resource.plural == "combinations":
                product_id, attribute = int(row["id_product"]), int(row["id"])
            else:
                product_id = int(row["id"])
                attribute = int(options.get("product_attribute") or row.get("cache_default_attribute") or 0)
            price = self.shop.price(
                product_id, attribute, use_tax=options.get("use_tax", "1") == "1",
                use_reduction=options.get("use_reduction", "1") == "1", quantity=int(options.get("quantity") or 1),
                places=int(options.get("decimals") or 6))
            if options.get("only_reduction") == "1":
                price = self.shop.price(product_id, attribute, use_reduction=False) - price
            found_prices[name] = str(price)
        return found_prices

    def shown(self, resource: Resource, row: Row) -> Row:
        """The row with the fields and lists that are computed."""
        shop, out = self.shop, dict(row)
        lists = dict(row["associations"])
        number = int(row["id"])
        if resource.plural == "products":
            combinations = shop.combinations_of.get(number, [])
            pictures = shop.pictures_of.get(number, [])
            maker = shop.row("manufacturers", row["id_manufacturer"] or 0)
            out["manufacturer_name"] = maker["name"] if maker else False
            out["quantity"] = "0" if combinations else str(shop.quantity(number, 0))
            out["type"] = "pack" if row["cache_is_pack"] == "1" else "virtual" if row["is_virtual"] == "1" else "simple"
            out["id_default_image"] = str(pictures[0]) if pictures else ""
            default = next((each for each in combinations if shop.tables["combinations"][each]["default_on"] == "1"), 0)
            out["id_default_combination"] = str(default)
            values = [value for each in combinations
                      for value in shop.tables["combinations"][each]["associations"].get("product_option_values", [])]
            lists["images"] = [{"id": str(each)} for each in pictures]
            lists["combinations"] = [{"id": str(each)} for each in combinations]
            lists["product_option_values"] = list({each["id"]: each for each in values}.values())
            lists["stock_availables"] = [
                {"id": str(shop.stock_row[(number, each)]), "id_product_attribute": str(each)}
                for each in (0, *combinations) if (number, each) in shop.stock_row]
        elif resource.plural == "categories":
            lists["categories"] = [{"id": str(each["id"])} for each in shop.tables["categories"].values()
                                   if each["id_parent"] == str(number)]
            inside = [each for each in shop.tables["products"].values()
                      if any(one["id"] == str(number) for one in each["associations"].get("categories", []))]
            lists["products"] = [{"id": str(each["id"])} for each in inside]
            out["nb_products_recursive"] = str(len(inside))
        elif resource.plural == "product_options":
            lists["product_option_values"] = [
                {"id": str(each["id"])} for each in shop.tables["product_option_values"].values()
                if each["id_attribute_group"] == str(number)]
        elif resource.plural == "orders":
            lists["order_rows"] = [{**line, "id": str(line["id"])} for line in orders.details_of(shop, number)]
            carrier = next(iter(orders.carriers_of(shop, number)), None)
            out["shipping_number"] = carrier["tracking_number"] if carrier else ""
        out["associations"] = lists
        return out

    # --- writing -----------------------------------------------------------------------------------------------

    def _write(self, resource: Resource, method: str, rest: list[str], as_json: bool) -> Response:
        text = request.get_data(as_text=True)
        try:
            given = formats.read_entity(text, resource)
        except formats.NotXml as broken:
            raise Wrong(500, (3, "[PHP Warning #2] SimpleXMLElement::__construct(): Entity: line 1: parser error"),
                        (127, f"XML error : {broken.says}\nXML length : {len(text)}\nOriginal XML : {text}")) from None
        for name in _READ_ONLY.get(resource.plural, ()):
            if name in given:
                raise Wrong(400, (93, f'parameter "{name}" not writable. Please remove this attribute of this XML'))
        if method == "POST":
            if given.get("id"):
                raise Wrong(400, (91, "id is forbidden when adding a new resource"))
            for field in resource.fields:
                if field.required and not field.i18n and not str(given.get(field.name, "")).strip():
                    raise Wrong(400, (41, f'parameter "{field.name}" required'))
            self._validate(resource, given)
            number, row = self._add(resource, given)
            status = 201
        else:
            number_text = str(given.get("id") or "").strip()
            if not number_text:
                raise Wrong(400, (90, "id is required when modifying a resource"))
            found = self.shop.row(resource.plural, number_text)
            if found is None:
                raise Wrong(404, (92, f"Invalid ID: {number_text}"))
            self._validate(resource, given)
            number = int(found["id"])
            row = self._change(resource, found, given, replace=method == "PUT")
            status = 200
        del number, rest
        body = self._document(resource, [row], None, self.shop.language_ids, as_json, alone=True)
        return self._finish(body, "application/json" if as_json else "text/xml;charset=utf-8", status)

    def _validate(self, resource: Resource, given: dict[str, Any]) -> None:
        for field in resource.fields:
            value = given.get(field.name)
            if value is None:
                continue
            if isinstance(value, dict):
                if any(field.max_size and len(text) > field.max_size for text in value.values()):
                    raise Wrong(400, (84, f'Validation error: "Property {resource.class_name}->{field.name} is not '
                                      'valid"'))
                continue
            text = str(value)
            if (text != "" and not _is_valid(field, text)) or (field.max_size and len(text) > field.max_size):
                raise Wrong(400, (85, f'Validation error: "Property {resource.class_name}->{field.name} is not valid"'))

    def _stored(self, field: Field, value: Any, *, blank: str = "") -> Any:
        if field.i18n:
            given = value if isinstance(value, dict) else {}
            return {each: given.get(each, "") for each in self.shop.language_ids}
        text = str(value) if value is not None else blank
        if field.format in ("isPrice", "isNegativePrice", "isUnsignedFloat", "isFloat") and text:
            return money(Decimal(text))
        return text

    def _add(self, resource: Resource, given: dict[str, Any]) -> tuple[int, Row]:
        """Do the POST; gives the id and the entity as the shop echoes it: built from the request."""
        shop = self.shop
        name = resource.plural
        if name == "orders":
            number = orders.place_cart(shop, given)
            return number, self._echo(resource, given, number, {})
        if name == "order_histories":
            return self._add_history(resource, given)
        if name == "customers":
            taken = any(row["email"] == given["email"] and row["is_guest"] != "1"
                        for row in shop.tables["customers"].values())
            if taken:
                raise Wrong(500, (46, "Unable to save resource: the email is already used, please choose another one"))
        if name == "combinations" and shop.row("products", given["id_product"]) is None:
            raise Wrong(400, (85, 'Validation error: "Property Combination->id_product is not valid"'))
        values: Row = {each.name: self._stored(each, given.get(each.name), blank=_blank(each))
                       for each in resource.fields}
        values |= {key: text for key, text in _DEFAULTS.get(name, {}).items() if not given.get(key)}
        values["associations"] = self._lists(resource, given)
        for dated in ("date_add", "date_upd"):
            values.pop(dated, None)
        server: Row = {}
        if name == "customers":
            server["secure_key"] = values["secure_key"] = shop.token()
            values["passwd"] = "$2y$10$" + shop.token()
            server["passwd"] = values["passwd"]
        if name == "order_slip":
            for place, one in enumerate(values["associations"].get("order_slip_details", []), 1):
                one["id"] = str(place)
        number = shop.insert(name, values)
        row = shop.tables[name][number]
        self._after_add(resource, row)
        server |= {dated: row[dated] for dated in ("date_add", "date_upd") if dated in row}
        return number, self._echo(resource, given, number, server | _DEFAULTS.get(name, {}))

    def _after_add(self, resource: Resource, row: Row) -> None:
        shop, number = self.shop, int(row["id"])
        if resource.plural == "products":
            if not any(row["link_rewrite"].values()):
                row["link_rewrite"] = {key: "-".join(text.lower().split()) for key, text in row["name"].items()}
            row["new"] = None
            row["cache_default_attribute"] = "0"
            row["state"] = row["state"] or "0"
            shop.add_stock_row(number, 0, 0, 2)
            shop.combinations_of[number] = []
            shop.tell_product("product.saved", number)
        elif resource.plural == "combinations":
            product_id = int(row["id_product"])
            shop.combinations_of.setdefault(product_id, []).append(number)
            shop.add_stock_row(product_id, number, 0, 2)
            if row["default_on"] == "1":
                shop.tables["products"][product_id]["cache_default_attribute"] = str(number)
            shop.tell_product("product.saved", product_id, number)
        elif resource.plural == "specific_prices" and row["id_cart"] in ("", "0"):
            shop.tell_product("price.changed", int(row["id_product"]), int(row["id_product_attribute"] or 0))
        elif resource.plural == "categories":
            parent = shop.row("categories", row["id_parent"] or HOME)
            row["level_depth"] = str(int(parent["level_depth"]) + 1) if parent else "2"
            shop.tell("category.saved", {"kind": "category", "id": str(number)})
        elif resource.plural == "order_slip":
            orders.tell_order(shop, "refund.created", int(row["id_order"]))

    def _add_history(self, resource: Resource, given: dict[str, Any]) -> tuple[int, Row]:
        shop = self.shop
        order = shop.row("orders", given["id_order"])
        state = shop.row("order_states", given["id_order_state"])
        if order is None or state is None:
            raise Wrong(500, (46, "Unable to save resource"))
        orders.move(shop, int(order["id"]), int(state["id"]), mails=request.args.get("sendemail") == "1", uses_payments=False)
        number = max(shop.tables["order_histories"])
        return number, self._echo(resource, given, number,
                                  {"date_add": shop.tables["order_histories"][number]["date_add"]})

    def _echo(self, resource: Resource, given: dict[str, Any], number: int, server: Row) -> Row:
        """What a write answers: the request's own values, empty where it gave none, with what the shop set."""
        row: Row = {"id": number}
        for field in resource.fields:
            empty: Any = {} if field.i18n else ""
            row[field.name] = server.get(field.name) if field.name in server else given.get(field.name, empty)
            if field.i18n and not isinstance(row[field.name], dict):
                row[field.name] = {}
        row["associations"] = self._lists(resource, given)
        return row

    @staticmethod
    def _lists(resource: Resource, given: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        known: dict[str, Association] = {each.name: each for each in resource.associations if not each.computed}
        return {name: rows for name, rows in (given.get("associations") or {}).items() if name in known}

    def _change(self, resource: Resource, row: Row, given: dict[str, Any], *, replace: bool) -> Row:
        """PUT replaces every field that is not required; PATCH changes those sent."""
        shop, name, number = self.shop, resource.plural, int(row["id"])
        if name == "stock_availables":
            return self._change_stock(row, given)
        before = {key: (dict(value) if isinstance(value, dict) else value) for key, value in row.items()}
        state = given.get("current_state") if name == "orders" else None
        if name == "order_carriers" and "tracking_number" in given:
            self._track(int(row["id_order"]), row, given["tracking_number"])
        if name == "orders" and given.get("shipping_number"):
            carrier = next(iter(orders.carriers_of(shop, number)), None)
            if carrier is not None:
                self._track(number, carrier, given["shipping_number"])
        for field in resource.fields:
            if field.read_only or field.name in ("date_add", "date_upd", "current_state", "valid") or (
                    name == "orders" and field.name == "secure_key"):
                continue
            if field.name in given:
                row[field.name] = self._stored(field, given[field.name])
            elif replace and not field.required and name != "orders":
                row[field.name] = self._stored(field, None, blank=_blank(field))
        sent = self._lists(resource, given)
        row["associations"] = {**row["associations"], **sent}
        self._after_change(resource, row, before)
        if state and state != before["current_state"]:
            orders.move(shop, number, int(state))
        echo = dict(self.shown(resource, row))
        echo |= {key: value for key, value in given.items() if key in resource.by_name and not isinstance(value, dict)}
        return echo

    def _track(self, order_id: int, row: Row, number: str) -> None:
        # The order's own date stays as it was, as measured.
        changed, row["tracking_number"] = row["tracking_number"] != number, number
        if changed:
            orders.tell_order(self.shop, "shipment.changed", order_id)
        carrier = self.shop.row("carriers", row["id_carrier"])
        if changed and request.args.get("sendemail") == "1" and carrier and carrier["url"]:
            self.shop.mail(order_id, "in_transit")

    def _after_change(self, resource: Resource, row: Row, before: Row) -> None:
        shop, number = self.shop, int(row["id"])
        if resource.plural == "products":
            shop.save_product(number)
            if row["price"] != before["price"]:
                shop.tell_product("price.changed", number)
        elif resource.plural == "combinations":
            product_id = int(row["id_product"])
            shop.tell_product("product.saved", product_id, number)
            if row["price"] != before["price"]:
                shop.tell_product("price.changed", product_id, number)
        elif resource.plural == "specific_prices":
            shop.tell_product("price.changed", int(row["id_product"]), int(row["id_product_attribute"] or 0))
        elif resource.plural == "categories":
            shop.touch("categories", number)
            shop.tell("category.saved", {"kind": "category", "id": str(number)})
        elif resource.plural == "orders":
            orders.changed(shop, number)
        elif "date_upd" in row:
            shop.touch(resource.plural, number)

    def _change_stock(self, row: Row, given: dict[str, Any]) -> Row:
        """Absolute quantity. A combination's row recomputes the total; the total row itself is never corrected."""
        if given.get("depends_on_stock") == "1":
            raise Wrong(500, (133, "You cannot update the quantity while advanced stock management is on"))
        for name in ("out_of_stock", "location"):
            if name in given:
                row[name] = given[name]
        if "quantity" in given:
            self.shop.set_quantity(int(row["id_product"]), int(row["id_product_attribute"]), int(given["quantity"]))
        return dict(row)

    def _delete(self, resource: Resource, rest: list[str]) -> Response:
        shop = self.shop
        asked = rest[0] if rest else request.args.get("id", "").strip("[]")
        numbers = [each.strip() for each in asked.split(",") if each.strip()]
        if not numbers:
            raise Wrong(400, (90, "id is required when modifying a resource"))
        missing = [each for each in numbers if shop.row(resource.plural, each) is None]
        if missing:
            raise Wrong(404, (87, f"Id(s) not exists: {', '.join(missing)}"))
        for number in map(int, numbers):
            if resource.plural == "products":
                shop.delete_product(number)
            elif resource.plural == "combinations":
                shop.delete_combination(number)
            elif resource.plural == "orders":
                orders.delete_order(shop, number)
            elif resource.plural == "categories":
                self._delete_category(number)
            else:
                row = shop.tables[resource.plural].pop(number)
                if resource.plural == "specific_prices":
                    shop.tell_product("price.changed", int(row["id_product"]), int(row["id_product_attribute"] or 0))
        return self._finish(b"", "text/html; charset=utf-8")

    def _delete_category(self, number: int) -> None:
        below = [each["id"] for each in self.shop.tables["categories"].values() if each["id_parent"] == str(number)]
        for each in below:
            self._delete_category(each)
        del self.shop.tables["categories"][number]
        self.shop.tell("category.deleted", {"kind": "category", "id": str(number)})

    # --- pictures ----------------------------------------------------------------------------------------------

    def _images(self, method: str, rest: list[str]) -> Response:
        self._check_rights("images", method, ())
        shop = self.shop
        if not rest:
            return self._xml(f'{formats.HEAD}<image_types>\n<products xlink:href="{self.api}images/products"/>\n'
                             f"</image_types>\n{formats.TAIL}")
        if rest[0] != "products":
            return self._xml(f"{formats.HEAD}<images>\n</images>\n{formats.TAIL}")
        if len(rest) == 1:
            links = "".join(f'<image id="{each}" xlink:href="{self.api}images/products/{each}"/>\n'
                            for each in shop.pictures_of)
            return self._xml(f"{formats.HEAD}<images>\n{links}</images>\n{formats.TAIL}")
        product_id = int(rest[1]) if rest[1].isdigit() else 0
        if product_id not in shop.tables["products"]:
            raise Wrong(404, (65, "This image id does not exist"))
        if method == "POST":
            return self._add_image(product_id)
        if len(rest) == 2:
            links = "".join(f'<declination id="{each}" xlink:href="{self.api}images/products/{product_id}/{each}"/>\n'
                            for each in shop.pictures_of.get(product_id, []))
            return self._xml(f'{formats.HEAD}<image id="{product_id}">\n{links}</image>\n{formats.TAIL}')
        picture = shop.pictures.get(int(rest[2])) if rest[2].isdigit() else None
        if picture is None or picture.product_id != product_id:
            raise Wrong(404, (65, "This image id does not exist"))
        if method == "DELETE":
            shop.pictures_of[product_id].remove(picture.id)
            del shop.pictures[picture.id]
            shop.save_product(product_id)
            return self._finish(b"", "text/html; charset=utf-8")
        data = picture.source.data()
        return self._finish(data, picture_type(data))

    def _add_image(self, product_id: int) -> Response:
        upload = request.files.get("image")
        if upload is None:
            raise Wrong(400, (66, "Unable to save this image"))
        data = upload.read()
        if picture_type(data) == "application/octet-stream":
            raise Wrong(400, (75, "This type of image format is not recognized"))
        number = add_picture(self.shop, product_id,
                             SeedImage(f"upload-{len(self.shop.pictures) + 1}", draw=lambda: data))
        self.shop.save_product(product_id)
        cover = "1" if self.shop.pictures_of[product_id][0] == number else ""
        fields = {"id": number, "id_product": product_id, "position": self.shop.pictures[number].position,
                  "cover": cover}
        inner = "".join(f"<{name}>{formats.cdata(value)}</{name}>\n" for name, value in fields.items())
        content = formats.cdata(base64.b64encode(data).decode())
        return self._xml(f'{formats.HEAD}<image>\n{inner}</image>\n<content encode="base64">{content}</content>\n'
                         f"{formats.TAIL}")


def picture_type(data: bytes) -> str:
    """The media type of a picture, by its first bytes."""
    for start, kind in ((b"\xff\xd8", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"),
                        (b"RIFF", "image/webp")):
        if data.startswith(start):
            return kind
    return "application/octet-stream"


def _blank(field: Field) -> str:
    """What an unsent field becomes: nothing, a zero, or no date."""
    if field.format in ("isDateFormat", "isDate", "isDateOrNull"):
        return "0000-00-00" if field.name == "available_date" else NO_TIME
    if field.format in ("isPrice", "isNegativePrice", "isUnsignedFloat", "isFloat"):
        return "0.000000"
    if field.format in ("isBool", "isUnsignedId", "isNullOrUnsignedId", "isUnsignedInt", "isInt", "isPositiveInt"):
        return "0"
    return ""


def _is_valid(field: Field, text: str) -> bool:
    kind = field.format
    if kind in ("isPrice", "isUnsignedFloat", "isFloat", "isNegativePrice"):
        try:
            number = Decimal(text)
        except InvalidOperation:
            return False
        return number.is_finite() and (number >= 0 or kind in ("isFloat", "isNegativePrice"))
    if kind in ("isUnsignedId", "isNullOrUnsignedId", "isUnsignedInt"):
        return text.isdigit()
    if kind == "isPositiveInt":
        return text.isdigit() and (int(text) > 0 or field.name != "minimal_quantity")
    if kind == "isInt":
        return text.lstrip("-").isdigit()
    if kind == "isBool":
        return text in ("0", "1")
    if kind == "isCustomerName":
        return not (set(text) & _NAMES_OF_CUSTOMERS) and not any(each.isdigit() for each in text) \
            and not re.search(r"\.(?! |$)", text)
    if kind == "isName":
        return not (set(text) & _NAMES_OF_ADDRESSES) and not any(each.isdigit() for each in text)
    if kind == "isEmail":
        return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text) is not None
    if kind == "isPhoneNumber":
        return re.fullmatch(r"[+0-9. ()/-]*", text) is not None
    if kind == "isPostCode":
        return re.fullmatch(r"[A-Za-z0-9 -]+", text) is not None
    if kind in ("isCityName", "isAddress"):
        return not set(text) & (_CITY if kind == "isCityName" else _STREET)
    if kind == "isReductionType":
        return text in ("amount", "percentage")
    if kind == "isDateFormat":
        return re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", text) is not None
    if kind == "isMd5":
        return re.fullmatch(r"[0-9a-f]{32}", text) is not None
    return True
