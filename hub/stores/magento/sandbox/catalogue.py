"""The shop's products, categories, attributes, prices and stock, and how REST shows them (contracts/magento.md 4).

Built from the neutral seed. What Magento has no field for becomes an attribute of the shop's own, as merchants do
it: `package_length`, `package_width`, `package_height` (centimetres), `ean`; the brand is the core attribute
`manufacturer`. A product without SKU gets its name as SKU, as Magento's own field mask does. Weights are in the
shop's unit (kgs).

Stock follows MSI with one source: salable = source quantity − threshold + reservations (negative until shipped);
the physical quantity does not move when an order is placed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.seed import SeedCatalogue, SeedImage, SeedProduct, SeedVariant

SOURCE = "default"
STOCK_ID = 1
ROOT_CATEGORY = 2
ATTRIBUTE_SET = 4
_SELECT_IDS = {"manufacturer": 83, "color": 93}
_PACKAGE = ("package_length", "package_width", "package_height")
_TEXT_LABELS = {
    "ean": "EAN",
    "package_length": "Package length (cm)",
    "package_width": "Package width (cm)",
    "package_height": "Package height (cm)",
}


def stamp(moment: datetime) -> str:
    """A time as Magento writes it: UTC, no zone, whole seconds."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def number(value: Decimal | None) -> int | float | None:
    """A figure as Magento's JSON shows it: `64`, `91.8`."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


@dataclass
class Attribute:
    """A product attribute; `options` maps option id to label for select and multiselect."""

    attribute_id: int
    code: str
    label: str
    input: str
    options: dict[int, str] = field(default_factory=dict)

    def option(self, label: str, next_id: Callable[[], int]) -> int:
        """The option's id, made when new."""
        for option_id, known in self.options.items():
            if known == label:
                return option_id
        option_id = next_id()
        self.options[option_id] = label
        return option_id

    def labels(self) -> list[dict[str, str]]:
        """The options as REST lists them: first an empty one, then strings only."""
        if self.input not in ("select", "multiselect"):
            return []
        return [{"label": " ", "value": ""}] + [{"label": label, "value": str(option_id)} for option_id, label in self.options.items()]


@dataclass
class Category:
    """A category; `path` is the list of ids from the root down to itself."""

    id: int
    parent_id: int
    name: str
    path: tuple[int, ...]
    position: int
    is_active: bool
    url_key: str
    description: str
    created_at: datetime
    updated_at: datetime


@dataclass
class Picture:
    """A gallery entry; `file` is the path below media/catalog/product."""

    id: int
    file: str
    label: str
    image: SeedImage


@dataclass
class Product:
    """One row of the catalogue: a simple, virtual, configurable or bundle product, or a configurable's child."""

    id: int
    sku: str
    name: str
    type_id: str
    price: Decimal
    visibility: int
    created_at: datetime
    updated_at: datetime
    status: int = 1
    weight: Decimal | None = None
    category_ids: list[int] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    axes: tuple[str, ...] = ()
    children: list[int] = field(default_factory=list)
    parent_id: int | None = None
    special_price: Decimal | None = None
    special_from: datetime | None = None
    special_to: datetime | None = None
    quantity: Decimal = Decimal(0)
    is_in_stock: bool = True
    manage_stock: bool = True
    backorders: bool = False
    min_qty: Decimal = Decimal(0)

    @property
    def is_sellable(self) -> bool:
        """True for what has stock of its own."""
        return self.type_id in ("simple", "virtual")


class Catalogue:
    """Products by id and SKU with their stock. Callers hold the simulator's lock."""

    def __init__(self, seed: SeedCatalogue, now: Callable[[], datetime]) -> None:
        self._now = now
        self.currency = seed.currency
        self.products: dict[int, Product] = {}
        self.categories: dict[int, Category] = {}
        self.attributes: dict[str, Attribute] = {}
        self.images: dict[str, SeedImage] = {}
        self.reservations: dict[str, Decimal] = {}
        self._by_sku: dict[str, int] = {}
        self._next = {"product": 0, "option": 3, "attribute": 136, "picture": 0, "axis": 0, "category": 2}
        self._axis_ids: dict[tuple[int, str], int] = {}
        self._attribute("manufacturer", "Manufacturer", "select")
        self._attribute("color", seed.axis_labels.get("color", "Color"), "select")
        for code, label in _TEXT_LABELS.items():
            self._attribute(code, label, "text")
        born = now() - timedelta(days=30)
        self._seed_categories(seed, born)
        for axis, label in seed.axis_labels.items():
            self._attribute(axis, label, "select")
        for order, product in enumerate(seed.products):
            self.add(product, at=born + timedelta(minutes=7 * order))

    # -- building -----------------------------------------------------------------------------------------------

    def _take(self, kind: str) -> int:
        self._next[kind] += 1
        return self._next[kind]

    def _attribute(self, code: str, label: str, input_kind: str) -> Attribute:
        known = self.attributes.get(code)
        if known is None:
            known = Attribute(_SELECT_IDS.get(code) or self._take("attribute"), code, label, input_kind)
            self.attributes[code] = known
        return known

    def _seed_categories(self, seed: SeedCatalogue, born: datetime) -> None:
        self.categories[1] = Category(1, 0, "Root Catalog", (1,), 0, True, "", "", born, born)
        self.categories[ROOT_CATEGORY] = Category(2, 1, "Default Category", (1, 2), 1, True, "", "", born, born)
        self._paths: dict[tuple[str, ...], int] = {(): ROOT_CATEGORY}
        for one in seed.categories:
            parent = self.categories[self._paths[one.path[:-1]]]
            siblings = sum(1 for c in self.categories.values() if c.parent_id == parent.id)
            new = self._take("category")
            self.categories[new] = Category(
                new, parent.id, one.name, (*parent.path, new), siblings + 1, one.active, url_key(one.name),
                one.description, born, born,
            )  # fmt: skip
            self._paths[one.path] = new

    def add(self, seed: SeedProduct, *, at: datetime | None = None) -> Product:
        """Save a new product and, for a configurable, its children first. ValueError when a SKU is taken."""
        at = at or self._now()
        parent_sku = seed.sku or seed.name
        for sku in (parent_sku, *(variant.sku for variant in seed.variants)):
            if sku.casefold() in self._by_sku:
                raise ValueError(f"the SKU {sku} exists")
        children = [self._add_child(seed, variant, at) for variant in seed.variants]
        product = self._new(parent_sku, seed.name, seed.kind, seed.price, 4, at)
        product.status = 1 if seed.enabled else 2
        product.quantity = Decimal(seed.quantity)
        product.backorders = seed.backorders
        product.special_price = seed.special_price
        product.special_from = at if seed.special_price is not None else None
        product.weight = seed.weight_kg if seed.kind == "simple" else None
        product.category_ids = [self._paths[path] for path in seed.categories]
        if seed.kind == "configurable":
            product.price = Decimal(0)
            product.axes = seed.axes
            product.children = [child.id for child in children]
            for child in children:
                child.parent_id = product.id
        self._describe(product, seed)
        self._pictures(product, seed.images)
        return product

    def _add_child(self, seed: SeedProduct, variant: SeedVariant, at: datetime) -> Product:
        name = " ".join((seed.name, *(variant.options[axis] for axis in seed.axes)))
        child = self._new(variant.sku, name, "simple", variant.price, 1, at)
        child.status = 1 if variant.enabled else 2
        child.quantity = Decimal(variant.quantity)
        child.backorders = seed.backorders
        child.weight = variant.weight_kg if variant.weight_kg is not None else seed.weight_kg
        child.special_price = variant.special_price
        child.special_from = at if variant.special_price is not None else None
        for axis in seed.axes:
            attribute = self._attribute(axis, axis.replace("_", " ").capitalize(), "select")
            child.attributes[axis] = str(attribute.option(variant.options[axis], lambda: self._take("option")))
        if variant.ean:
            child.attributes["ean"] = variant.ean
        self._package(child, seed)
        self._pictures(child, variant.images)
        return child

    def _new(self, sku: str, name: str, kind: str, price: Decimal, visibility: int, at: datetime) -> Product:
        product = Product(self._take("product"), sku, name, kind, price, visibility, at, at)
        self.products[product.id] = product
        self._by_sku[sku.casefold()] = product.id
        product.attributes["url_key"] = url_key(name)
        return product

    def _describe(self, product: Product, seed: SeedProduct) -> None:
        values = product.attributes
        if seed.description:
            values["description"] = seed.description
        if seed.short_description:
            values["short_description"] = seed.short_description
        if seed.ean:
            values["ean"] = seed.ean
        if seed.brand:
            brand = self.attributes["manufacturer"].option(seed.brand, lambda: self._take("option"))
            values["manufacturer"] = str(brand)
        for code, text in seed.attributes.items():
            kind = "multiselect" if code == "material" else "text"
            attribute = self._attribute(code, code.replace("_", " ").capitalize(), kind)
            if attribute.input == "text":
                values[code] = text
            else:
                labels = [label.strip() for label in text.split(",") if label.strip()]
                values[code] = ",".join(str(attribute.option(one, lambda: self._take("option"))) for one in labels)
        self._package(product, seed)

    def _package(self, product: Product, seed: SeedProduct) -> None:
        if seed.dimensions_cm is not None:
            for code, size in zip(_PACKAGE, seed.dimensions_cm, strict=True):
                product.attributes[code] = str(size)

    def _pictures(self, product: Product, images: Iterable[SeedImage]) -> None:
        for image in images:
            letters = re.sub(r"[^a-z0-9]", "_", image.name.lower())[:2].ljust(2, "_")
            file = f"/{letters[0]}/{letters[1]}/{image.name}"
            self.images[file] = image
            product.pictures.append(Picture(self._take("picture"), file, image.label or product.name, image))

    # -- finding and changing -------------------------------------------------------------------------------------

    def by_sku(self, sku: str) -> Product | None:
        """The product of this SKU; Magento compares SKUs without regard to case."""
        found = self._by_sku.get(sku.casefold())
        return self.products[found] if found is not None else None

    def remove(self, product: Product) -> None:
        """Delete a product; a configurable leaves its children behind, as in the shop."""
        del self.products[product.id]
        del self._by_sku[product.sku.casefold()]
        for child in product.children:
            self.products[child].parent_id = None
        if product.parent_id is not None:
            parent = self.products[product.parent_id]
            parent.children.remove(product.id)
            parent.updated_at = self._now()

    def touch(self, product: Product) -> None:
        """A save: `updated_at` moves, whatever changed."""
        product.updated_at = self._now()

    def final_price(self, product: Product) -> Decimal:
        """What a shopper pays now: the special price while its dates hold, the last day whole, and it is lower; else the base price."""
        now = self._now()
        special = product.special_price
        if special is None or special >= product.price:
            return product.price
        begun = product.special_from is None or product.special_from <= now
        ended = product.special_to is not None and product.special_to.date() < now.date()
        return special if begun and not ended else product.price

    def salable(self, product: Product) -> Decimal:
        """Source quantity − threshold + reservations; nothing while the source is out of stock."""
        if not product.is_in_stock:
            return Decimal(0)
        return product.quantity - product.min_qty + self.reservations.get(product.sku, Decimal(0))

    def can_sell(self, product: Product, quantity: Decimal) -> bool:
        """True when the shop itself would let a shopper buy this many."""
        return not product.manage_stock or product.backorders or self.salable(product) >= quantity

    def is_active(self, product: Product) -> bool:
        """Enabled, and so is its parent."""
        if product.status != 1:
            return False
        return product.parent_id is None or self.products[product.parent_id].status == 1

    def reserve(self, sku: str, quantity: Decimal) -> None:
        """Append a reservation: negative when placed, positive when shipped or cancelled."""
        self.reservations[sku] = self.reservations.get(sku, Decimal(0)) + quantity

    def digest(self, product: Product) -> str:
        """An opaque hash over what a listing depends on: price now, salable, status, content dates."""
        parent = self.products[product.parent_id] if product.parent_id is not None else None
        facts = (
            str(self.final_price(product)), str(product.price), str(self.salable(product)), str(product.status),
            stamp(product.updated_at), str(product.backorders),
            f"{parent.status} {stamp(parent.updated_at)}" if parent else "",
        )  # fmt: skip
        return hashlib.sha256("\x1f".join(facts).encode()).hexdigest()[:20]

    # -- showing --------------------------------------------------------------------------------------------------

    def read(self, product: Product, name: str) -> Any:
        """A field for searching; a list for many-valued ones. KeyError for a name the shop does not know."""
        plain: dict[str, Callable[[], Any]] = {
            "entity_id": lambda: product.id, "sku": lambda: product.sku, "name": lambda: product.name,
            "type_id": lambda: product.type_id, "status": lambda: product.status,
            "visibility": lambda: product.visibility, "created_at": lambda: stamp(product.created_at),
            "updated_at": lambda: stamp(product.updated_at), "weight": lambda: product.weight,
            "price": lambda: None if product.type_id == "configurable" else product.price,
            "attribute_set_id": lambda: ATTRIBUTE_SET, "category_id": lambda: product.category_ids,
            "store": lambda: [0, 1], "store_id": lambda: [0, 1], "website_id": lambda: [1],
            "special_price": lambda: product.special_price,
        }  # fmt: skip
        if name in plain:
            return plain[name]()
        if name in self.attributes or name in ("url_key", "description", "short_description", "tax_class_id"):
            return "2" if name == "tax_class_id" else product.attributes.get(name)
        raise KeyError(name)

    def shown(self, product: Product, *, stock: bool = False, thin: bool = False) -> dict[str, Any]:
        """A product as REST answers it: `stock` for one product, `thin` for a configurable's children."""
        body: dict[str, Any] = {
            "id": product.id,
            "sku": product.sku,
            "name": product.name,
            "attribute_set_id": ATTRIBUTE_SET,
            "price": number(product.price),
            "status": product.status,
            "visibility": product.visibility,
            "type_id": product.type_id,
            "created_at": stamp(product.created_at),
            "updated_at": stamp(product.updated_at),
        }
        if product.weight is not None:
            body["weight"] = number(product.weight)
        if not thin:
            body["extension_attributes"] = self._extension(product, stock)
        body["product_links"] = []
        if not thin:
            body["options"] = []
        body["media_gallery_entries"] = self.gallery(product)
        body["tier_prices"] = []
        body["custom_attributes"] = self._custom(product)
        return body

    def _extension(self, product: Product, stock: bool) -> dict[str, Any]:
        extension: dict[str, Any] = {"website_ids": [1]}
        if product.category_ids:
            extension["category_links"] = [{"position": 0, "category_id": str(c)} for c in product.category_ids]
        if stock:
            extension["stock_item"] = self.stock_item(product)
        if product.type_id == "configurable":
            extension["configurable_product_options"] = self.axes(product)
            extension["configurable_product_links"] = list(product.children)
        return extension

    def axes(self, product: Product) -> list[dict[str, Any]]:
        """A configurable's axes with the option ids its children use."""
        shown = []
        for position, code in enumerate(product.axes):
            attribute = self.attributes[code]
            used = {int(self.products[child].attributes[code]) for child in product.children}
            key = (product.id, code)
            if key not in self._axis_ids:
                self._axis_ids[key] = self._take("axis")
            shown.append(
                {
                    "id": self._axis_ids[key],
                    "attribute_id": str(attribute.attribute_id),
                    "label": attribute.label,
                    "position": position,
                    "values": [{"value_index": option} for option in attribute.options if option in used],
                    "product_id": product.id,
                }
            )
        return shown

    def gallery(self, product: Product) -> list[dict[str, Any]]:
        """Gallery entries; the first picture is image, small image and thumbnail."""
        return [
            {
                "id": picture.id,
                "media_type": "image",
                "label": picture.label,
                "position": place,
                "disabled": False,
                "types": ["image", "small_image", "thumbnail"] if place == 1 else [],
                "file": picture.file,
            }
            for place, picture in enumerate(product.pictures, 1)
        ]

    def _custom(self, product: Product) -> list[dict[str, Any]]:
        values: dict[str, Any] = {}
        if product.pictures:
            values.update(dict.fromkeys(("image", "small_image", "thumbnail"), product.pictures[0].file))
        if product.special_price is not None:
            values["special_price"] = f"{product.special_price:.6f}"
        if product.special_from is not None:
            values["special_from_date"] = stamp(product.special_from)
        if product.special_to is not None:
            values["special_to_date"] = stamp(product.special_to)
        values["swatch_image"] = "no_selection"
        values["options_container"] = "container2"
        values["msrp_display_actual_price_type"] = "0"
        required = "1" if product.type_id == "configurable" else "0"
        values["required_options"] = values["has_options"] = required
        if product.pictures:
            labels = ("image_label", "small_image_label", "thumbnail_label")
            values.update(dict.fromkeys(labels, product.pictures[0].label))
        values["tax_class_id"] = "2"
        values["category_ids"] = [str(category) for category in product.category_ids]
        values.update(product.attributes)
        return [{"attribute_code": code, "value": value} for code, value in values.items()]

    def stock_item(self, product: Product) -> dict[str, Any]:
        """The legacy stock item, mirrored from the default source."""
        return {
            "item_id": product.id,
            "product_id": product.id,
            "stock_id": STOCK_ID,
            "qty": number(product.quantity),
            "is_in_stock": product.is_in_stock,
            "is_qty_decimal": False,
            "show_default_notification_message": False,
            "use_config_min_qty": product.min_qty == 0,
            "min_qty": number(product.min_qty),
            "use_config_min_sale_qty": 1,
            "min_sale_qty": 1,
            "use_config_max_sale_qty": True,
            "max_sale_qty": 10000,
            "use_config_backorders": not product.backorders,
            "backorders": 1 if product.backorders else 0,
            "use_config_notify_stock_qty": True,
            "notify_stock_qty": 1,
            "use_config_qty_increments": True,
            "qty_increments": 0,
            "use_config_enable_qty_inc": True,
            "enable_qty_increments": False,
            "use_config_manage_stock": product.manage_stock,
            "manage_stock": product.manage_stock,
            "low_stock_date": None,
            "is_decimal_divided": False,
            "stock_status_changed_auto": 0,
        }

    def source_item(self, product: Product) -> dict[str, Any]:
        """The default source's row of a sellable product."""
        return {
            "sku": product.sku,
            "source_code": SOURCE,
            "quantity": number(product.quantity),
            "status": 1 if product.is_in_stock else 0,
        }

    def category_tree(self, root: int, depth: int | None = None) -> dict[str, Any]:
        """The tree below a category."""
        top = self.categories[root]
        children = sorted((c for c in self.categories.values() if c.parent_id == root), key=lambda c: (c.position, c.id))
        below = None if depth is None else depth - 1
        return {
            "id": top.id,
            "parent_id": top.parent_id,
            "name": top.name,
            "is_active": top.is_active,
            "position": top.position,
            "level": len(top.path) - 1,
            "product_count": sum(1 for p in self.products.values() if top.id in p.category_ids),
            "children_data": [] if depth == 0 else [self.category_tree(c.id, below) for c in children],
        }

    def category_shown(self, category: Category) -> dict[str, Any]:
        """A category as the flat list and the single read answer it."""
        below = [c for c in self.categories.values() if category.id in c.path[:-1]]
        custom = {"path": "/".join(map(str, category.path)), "children_count": str(len(below))}
        if category.url_key:
            custom |= {"is_anchor": "1", "url_key": category.url_key}
            custom["url_path"] = "/".join(self.categories[c].url_key for c in category.path[2:])
        if category.description:
            custom["description"] = category.description
        body: dict[str, Any] = {"id": category.id, "parent_id": category.parent_id, "name": category.name}
        if category.id != 1:
            body["is_active"] = category.is_active
        return body | {
            "position": category.position,
            "level": len(category.path) - 1,
            "children": ",".join(str(c.id) for c in below if c.parent_id == category.id),
            "created_at": stamp(category.created_at),
            "updated_at": stamp(category.updated_at),
            "path": custom["path"],
            "include_in_menu": True,
            "custom_attributes": [{"attribute_code": k, "value": v} for k, v in custom.items()],
        }

    def attribute_shown(self, attribute: Attribute) -> dict[str, Any]:
        """An attribute with its options."""
        choice = attribute.input == "select"
        return {
            "extension_attributes": {"is_pagebuilder_enabled": False},
            "is_wysiwyg_enabled": False,
            "is_html_allowed_on_front": False,
            "used_for_sort_by": False,
            "is_filterable": choice,
            "is_filterable_in_search": False,
            "is_used_in_grid": True,
            "is_visible_in_grid": False,
            "is_filterable_in_grid": True,
            "position": 0,
            "apply_to": ["simple", "virtual", "configurable"] if choice else [],
            "is_searchable": "1",
            "is_visible_in_advanced_search": "1",
            "is_comparable": "1",
            "is_used_for_promo_rules": "0",
            "is_visible_on_front": "0",
            "used_in_product_listing": "0",
            "is_visible": True,
            "scope": "global",
            "attribute_id": attribute.attribute_id,
            "attribute_code": attribute.code,
            "frontend_input": attribute.input,
            "entity_type_id": "4",
            "is_required": False,
            "options": attribute.labels(),
            "is_user_defined": True,
            "default_frontend_label": attribute.label,
            "frontend_labels": [],
            "backend_type": "int" if choice else "varchar",
            "source_model": "Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Table",
            "is_unique": "0",
            "validation_rules": [],
        }


def url_key(name: str) -> str:
    """The last part of a storefront address."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
