"""What the catalogue's GraphQL fields answer (contracts/shopify.md 3)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from hub.stores.shopify.sandbox.access import needs
from hub.stores.shopify.sandbox.catalogue import (
    DEFAULT_TITLE,
    ON_HAND_PARTS,
    OWNER_TYPES,
    QUANTITY_NAMES,
    Collection,
    Item,
    Level,
    Location,
    Metafield,
    Picture,
    Product,
    Taxon,
    Variant,
)
from hub.stores.shopify.sandbox.graph import Call, Refusal, Sorted, connection, field, gid, number_of

Args = dict[str, Any]
_COUNT_LIMIT = 25_000


def money_v2(amount: Decimal, currency: str) -> dict[str, Any]:
    """MoneyV2."""
    return {"__typename": "MoneyV2", "amount": amount, "currencyCode": currency}


def count(number: int, limit: int | None = None) -> dict[str, Any]:
    """Count, which saturates."""
    most = min(limit if limit is not None else _COUNT_LIMIT, _COUNT_LIMIT)
    return {"count": min(number, most + 1), "precision": "AT_LEAST" if number > most else "EXACT"}


# -- roots ----------------------------------------------------------------------------------------------------------


def _product(call: Call, given: str) -> Product | None:
    return call.sim.catalogue.products.get(number_of(given, "Product") or 0)


def find_variant(call: Call, given: str) -> Variant | None:
    """The variant of a global id."""
    return call.sim.catalogue.variants.get(number_of(given, "ProductVariant") or 0)


@field("QueryRoot", "product")
def _product_by_id(call: Call, _: Any, args: Args) -> Product | None:
    needs(call, "read_products", "product")
    return _product(call, args["id"])


@field("QueryRoot", "productVariant")
def _variant_by_id(call: Call, _: Any, args: Args) -> Variant | None:
    needs(call, "read_products", "productVariant")
    return find_variant(call, args["id"])


@connection("QueryRoot", "products")
def _products(call: Call, _: Any, args: Args) -> Sorted:
    needs(call, "read_products", "products")
    catalogue = call.sim.catalogue
    return catalogue.index.find(catalogue.products.values(), args.get("query") or "", args.get("sortKey", "ID"))


@connection("QueryRoot", "productVariants")
def _variants(call: Call, _: Any, args: Args) -> Sorted:
    needs(call, "read_products", "productVariants")
    catalogue = call.sim.catalogue
    return catalogue.variant_index.find(catalogue.variants.values(), args.get("query") or "", args.get("sortKey", "ID"))


@connection("QueryRoot", "inventoryItems")
def _items(call: Call, _: Any, args: Args) -> Sorted:
    needs(call, "read_inventory", "inventoryItems")
    catalogue = call.sim.catalogue
    return catalogue.item_index.find((each.item for each in catalogue.variants.values()), args.get("query") or "", "ID")


@field("QueryRoot", "productsCount")
def _products_count(call: Call, _: Any, args: Args) -> dict[str, Any]:
    return count(len(_products(call, _, args).items), args.get("limit"))


@field("QueryRoot", "productVariantsCount")
def _variants_count(call: Call, _: Any, args: Args) -> dict[str, Any]:
    return count(len(_variants(call, _, args).items), args.get("limit"))


@connection("QueryRoot", "productTypes")
def _product_types(call: Call, _: Any, args: Args) -> list[str]:
    needs(call, "read_products", "productTypes")
    return sorted({product.product_type for product in call.sim.catalogue.products.values() if product.product_type})


@connection("QueryRoot", "productVendors")
def _product_vendors(call: Call, _: Any, args: Args) -> list[str]:
    needs(call, "read_products", "productVendors")
    return sorted({product.vendor for product in call.sim.catalogue.products.values()})


@field("QueryRoot", "inventoryItem")
def _item_by_id(call: Call, _: Any, args: Args) -> Item | None:
    needs(call, "read_inventory", "inventoryItem")
    return call.sim.catalogue.item(number_of(args["id"], "InventoryItem"))


@field("QueryRoot", "inventoryLevel")
def _level_by_id(call: Call, _: Any, args: Args) -> Level | None:
    needs(call, "read_inventory", "inventoryLevel")
    return find_level(call, args["id"])


def find_level(call: Call, given: str) -> Level | None:
    """The level of a global id, which names location and item."""
    location = call.sim.catalogue.location(number_of(given, "InventoryLevel"))
    named = re.search(r"\?inventory_item_id=(\d+)$", given)
    item = call.sim.catalogue.item(int(named[1])) if named else None
    return item.at(location) if item and location else None


@field("QueryRoot", "location")
def _location_by_id(call: Call, _: Any, args: Args) -> Location | None:
    needs(call, "read_locations", "location")
    if args.get("id") is None:
        return call.sim.catalogue.locations[0]
    return call.sim.catalogue.location(number_of(args["id"], "Location"))


def _by_name(call: Call, args: Args) -> list[Location]:
    found = [each for each in call.sim.catalogue.locations if each.is_active or args.get("includeInactive")]
    if args.get("query"):
        raise Refusal("locations knows no search here", "INVALID_SEARCH_QUERY")
    return sorted(found, key=lambda each: each.number if args.get("sortKey") == "ID" else each.name)


@connection("QueryRoot", "locations")
def _locations(call: Call, _: Any, args: Args) -> list[Location]:
    needs(call, "read_locations", "locations")
    return _by_name(call, args)


@field("QueryRoot", "locationsCount")
def _locations_count(call: Call, _: Any, args: Args) -> dict[str, Any]:
    needs(call, "read_locations", "locationsCount")
    return count(len(_by_name(call, args)), args.get("limit"))


@field("QueryRoot", "inventoryProperties")
def _properties(call: Call, _: Any, args: Args) -> dict[str, Any]:
    needs(call, "read_inventory", "inventoryProperties")
    return {"quantityNames": [
        {"name": name, "displayName": name.replace("_", " ").capitalize(), "isInUse": True,
         "belongsTo": ["on_hand"] if name in ON_HAND_PARTS else [],
         "comprises": list(ON_HAND_PARTS) if name == "on_hand" else []} for name in QUANTITY_NAMES]}  # fmt: skip


@connection("QueryRoot", "collections")
def _collections(call: Call, _: Any, args: Args) -> list[Collection]:
    needs(call, "read_products", "collections")
    if args.get("query") or args.get("sortKey", "ID") != "ID":
        raise Refusal("collections are listed by id and without a search here", "INVALID_SEARCH_QUERY")
    return list(call.sim.catalogue.collections.values())


@field("QueryRoot", "collection")
def _collection_by_id(call: Call, _: Any, args: Args) -> Collection | None:
    needs(call, "read_products", "collection")
    return call.sim.catalogue.collections.get(number_of(args["id"], "Collection") or 0)


@connection("QueryRoot", "deletionEvents")
def _deletion_events(call: Call, _: Any, args: Args) -> Sorted:
    needs(call, "read_products", "deletionEvents")
    return call.sim.deletions(args)


@connection("QueryRoot", "metafieldDefinitions")
def _definitions(call: Call, _: Any, args: Args) -> list[Definition]:
    needs(call, "read_products", "metafieldDefinitions")
    return [Definition(number, *name) for name, number in sorted(call.sim.catalogue.definitions.items())
            if name[0] == args["ownerType"] and args.get("namespace") in (None, name[1]) and args.get("key") in (None, name[2])]


class Definition:
    """MetafieldDefinition: the merchant's declaration of a custom field."""

    gql = "MetafieldDefinition"

    def __init__(self, number: int, owner_type: str, namespace: str, key: str) -> None:
        self.id = gid("MetafieldDefinition", number)
        self.owner_type, self.namespace, self.key = owner_type, namespace, key
        self.name, self.description = key.replace("_", " ").capitalize(), None
        self.type = {"name": "single_line_text_field", "category": "TEXT"}


@field("QueryRoot", "taxonomy")
def _taxonomy(call: Call, _: Any, args: Args) -> dict[str, Any]:
    needs(call, "read_products", "taxonomy")
    return {}


@connection("Taxonomy", "categories")
def _categories(call: Call, _: Any, args: Args) -> list[Taxon]:
    asked = [name for name in ("childrenOf", "descendantsOf", "siblingsOf", "search") if args.get(name)]
    if len(asked) > 1:
        raise Refusal("Only one of search, childrenOf, descendantsOf and siblingsOf can be given", "BAD_REQUEST")
    every = list(call.sim.catalogue.taxons.values())
    if not asked:
        return [each for each in every if each.parent is None]
    if asked == ["search"]:
        return [each for each in every if str(args["search"]).lower() in " > ".join(each.path).lower()]
    root = next((each for each in every if each.id == args[asked[0]]), None)
    if root is None:
        return []
    if asked == ["childrenOf"]:
        return list(root.children)
    if asked == ["siblingsOf"]:
        return [each for each in every if each.parent is root.parent and each is not root]
    return [each for each in every if each.path[:len(root.path)] == root.path and each is not root]


# -- products and variants ------------------------------------------------------------------------------------------

connection("Product", "media")(lambda call, product, args: _plain_media(product, args))
connection("Product", "collections")(lambda call, product, args: product.collections)
field("Product", "legacyResourceId")(lambda call, product, args: product.number)
field("Product", "mediaCount")(lambda call, product, args: count(len(product.media)))
field("Product", "variantsCount")(lambda call, product, args: count(len(product.variants)))
field("Product", "featuredMedia")(lambda call, product, args: product.media[0] if product.media else None)
field("Product", "isGiftCard", "requiresSellingPlan")(lambda call, product, args: False)
field("Product", "combinedListingRole")(lambda call, product, args: None)
field("Product", "totalInventory")(lambda call, product, args: sum(each.item.available for each in product.variants))
field("Product", "tracksInventory")(lambda call, product, args: any(each.item.tracked for each in product.variants))
field("Product", "hasOutOfStockVariants")(
    lambda call, product, args: any(each.item.tracked and each.item.available <= 0 for each in product.variants))
field("Product", "hasVariantsThatRequiresComponents")(
    lambda call, product, args: any(each.requires_components for each in product.variants))
field("Product", "tags")(lambda call, product, args: sorted(product.tags))


def _plain_media(product: Product, args: Args) -> Sequence[Picture]:
    if args.get("query") or args.get("sortKey", "POSITION") not in ("POSITION", "ID"):
        raise Refusal("media is listed by position and without a search here", "INVALID_SEARCH_QUERY")
    return product.media


@connection("Product", "variants")
def _product_variants(call: Call, product: Product, args: Args) -> Sequence[Variant]:
    if args.get("sortKey", "POSITION") not in ("POSITION", "ID"):
        raise Refusal("A product's variants are listed by position here", "BAD_REQUEST")
    return product.variants


@field("Product", "description")
def _description(call: Call, product: Product, args: Args) -> str:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", product.description_html)).strip()
    most = args.get("truncateAt")
    return text if most is None or len(text) <= most else text[:max(0, most - 3)] + "..."


@field("Product", "onlineStoreUrl")
def _online_store_url(call: Call, product: Product, args: Args) -> str | None:
    if product.published_at is None or product.status not in ("ACTIVE", "UNLISTED"):
        return None
    return f"https://{call.sim.shop_domain}/products/{product.handle}"


@field("Product", "publishedOnPublication")
def _published_on(call: Call, product: Product, args: Args) -> bool:
    return number_of(args["publicationId"], "Publication") == 1 and product.published_at is not None


@field("Product", "inCollection")
def _in_collection(call: Call, product: Product, args: Args) -> bool:
    return number_of(args["id"], "Collection") in {each.number for each in product.collections}


@field("Product", "priceRangeV2")
def _price_range(call: Call, product: Product, args: Args) -> dict[str, Any]:
    prices = [each.price for each in product.variants] or [Decimal(0)]
    currency = call.sim.catalogue.currency
    return {"minVariantPrice": money_v2(min(prices), currency), "maxVariantPrice": money_v2(max(prices), currency)}


@field("Product", "compareAtPriceRange")
def _compare_range(call: Call, product: Product, args: Args) -> dict[str, Any] | None:
    prices = [each.compare_at_price for each in product.variants if each.compare_at_price is not None]
    currency = call.sim.catalogue.currency
    if not prices:
        return None
    return {"minVariantCompareAtPrice": money_v2(min(prices), currency), "maxVariantCompareAtPrice": money_v2(max(prices), currency)}


class OptionValue:
    """One value of a product's option; its id follows from the product and its place."""

    gql = "ProductOptionValue"

    def __init__(self, product: Product, place: int, name: str, at: int) -> None:
        self.id = gid("ProductOptionValue", (product.number % 10**12) * 10_000 + place * 1_000 + at)
        self.name, self.has_variants = name, True


class Option:
    """One option of a product, such as Colour."""

    gql = "ProductOption"

    def __init__(self, product: Product, place: int) -> None:
        default = product.has_only_default_variant
        self.id = gid("ProductOption", (product.number % 10**12) * 10 + place)
        self.name = "Title" if default else product.option_names[place]
        self.position = place + 1
        self.values = [DEFAULT_TITLE] if default else list(dict.fromkeys(each.labels[place] for each in product.variants))
        self.option_values = [OptionValue(product, place, value, at) for at, value in enumerate(self.values)]


@field("Product", "options")
def _options(call: Call, product: Product, args: Args) -> list[Option]:
    return [Option(product, place) for place in range(len(product.option_names) or 1)][:args.get("first")]


field("ProductVariant", "legacyResourceId")(lambda call, variant, args: variant.number)
field("ProductVariant", "inventoryItem")(lambda call, variant, args: variant.item)
field("ProductVariant", "inventoryPolicy")(lambda call, variant, args: variant.policy)
field("ProductVariant", "inventoryQuantity")(lambda call, variant, args: variant.item.available)
field("ProductVariant", "displayName")(lambda call, variant, args: f"{variant.product.title} - {variant.title}")
connection("ProductVariant", "media")(lambda call, variant, args: [variant.picture] if variant.picture else [])


@field("ProductVariant", "sellableOnlineQuantity")
def _sellable(call: Call, variant: Variant, args: Args) -> int:
    return sum(level.available for level in variant.item.levels
               if level.is_active and level.location.is_active and level.location.fulfills_online_orders)


@field("ProductVariant", "availableForSale")
def _available_for_sale(call: Call, variant: Variant, args: Args) -> bool:
    return not variant.item.tracked or variant.policy == "CONTINUE" or variant.item.available > 0


@field("ProductVariant", "selectedOptions")
def _selected_options(call: Call, variant: Variant, args: Args) -> list[dict[str, Any]]:
    told = []
    for place, option in enumerate(_options(call, variant.product, {})):
        value = variant.labels[place] if variant.labels else DEFAULT_TITLE
        told.append({"name": option.name, "value": value,
                     "optionValue": next(each for each in option.option_values if each.name == value)})
    return told


# -- pictures, metafields, categories -------------------------------------------------------------------------------


def _image(call: Call, picture: Picture) -> dict[str, Any] | None:
    if picture.status != "READY":
        return None
    return {"id": gid("ImageSource", picture.number), "altText": picture.source.label or None, "width": 800, "height": 800,
            "url": f"{call.sim.base_url}/cdn/files/{picture.number}/{quote(picture.source.name)}?v=1"}


field("MediaImage", "alt")(lambda call, picture, args: picture.source.label or None)
field("MediaImage", "image")(lambda call, picture, args: _image(call, picture))
field("MediaImage", "preview")(lambda call, picture, args: {"image": _image(call, picture), "status": picture.status})
field("MediaImage", "mediaContentType")(lambda call, picture, args: "IMAGE")
field("MediaImage", "fileStatus")(lambda call, picture, args: picture.status)
field("MediaImage", "mimeType")(lambda call, picture, args: "image/png" if picture.source.name.endswith("png") else "image/jpeg")
field("MediaImage", "updatedAt")(lambda call, picture, args: picture.created_at)


def _metafield(call: Call, owner: Any, args: Args) -> Metafield | None:
    wanted = (args.get("namespace") or "custom", args["key"])
    return next((each for each in owner.metafields if (each.namespace, each.key) == wanted), None)


def _metafields(call: Call, owner: Any, args: Args) -> Sequence[Metafield]:
    keys = args.get("keys")
    if args.get("namespace") is None and keys is None:
        return list(owner.metafields)
    space = args.get("namespace")
    return [each for each in owner.metafields
            if (space is None or each.namespace == space)
            and (keys is None or (each.key if space else f"{each.namespace}.{each.key}") in keys)]


for _owner in ("Product", "ProductVariant", "Order"):
    field(_owner, "metafield")(_metafield)
    connection(_owner, "metafields")(_metafields)
field("Metafield", "legacyResourceId")(lambda call, meta, args: meta.number)
field("Metafield", "ownerType")(lambda call, meta, args: OWNER_TYPES[meta.owner.gql])
field("Metafield", "jsonValue")(lambda call, meta, args: json_value(meta))
field("Metafield", "compareDigest")(lambda call, meta, args: hashlib.sha256(meta.value.encode()).hexdigest())


def json_value(meta: Metafield) -> Any:
    """The value as its type reads it."""
    plain = meta.type.startswith(("single_line", "multi_line", "date", "url", "color", "id"))
    return meta.value if plain else json.loads(meta.value)


field("TaxonomyCategory", "name")(lambda call, taxon, args: taxon.path[-1])
field("TaxonomyCategory", "fullName")(lambda call, taxon, args: " > ".join(taxon.path))
field("TaxonomyCategory", "level")(lambda call, taxon, args: len(taxon.path))
field("TaxonomyCategory", "isLeaf")(lambda call, taxon, args: not taxon.children)
field("TaxonomyCategory", "isRoot")(lambda call, taxon, args: taxon.parent is None)
field("TaxonomyCategory", "isArchived")(lambda call, taxon, args: False)
field("TaxonomyCategory", "parentId")(lambda call, taxon, args: taxon.parent.id if taxon.parent else None)
field("TaxonomyCategory", "childrenIds")(lambda call, taxon, args: [each.id for each in taxon.children])


@field("TaxonomyCategory", "ancestorIds")
def _ancestors(call: Call, taxon: Taxon, args: Args) -> list[str]:
    found: list[str] = []
    above = taxon.parent
    while above:
        found.append(above.id)
        above = above.parent
    return found


field("Collection", "legacyResourceId")(lambda call, collection, args: collection.number)
field("Collection", "productsCount")(lambda call, collection, args: count(len(collection.products)))
connection("Collection", "products")(lambda call, collection, args: collection.products)


# -- stock ----------------------------------------------------------------------------------------------------------

field("InventoryItem", "legacyResourceId")(lambda call, item, args: item.number)
field("InventoryItem", "sku")(lambda call, item, args: item.variant.sku)
field("InventoryItem", "createdAt")(lambda call, item, args: item.variant.created_at)
field("InventoryItem", "unitCost", "countryCodeOfOrigin", "harmonizedSystemCode")(lambda call, item, args: None)
field("InventoryItem", "locationsCount")(lambda call, item, args: count(len(item.levels)))
connection("InventoryItem", "variants")(lambda call, item, args: [item.variant])


@field("InventoryItem", "duplicateSkuCount")
def _duplicates(call: Call, item: Item, args: Args) -> int:
    return max(0, len(call.sim.catalogue.by_sku.get(item.variant.sku or "", ())) - 1)


@field("InventoryItem", "measurement")
def _measurement(call: Call, item: Item, args: Args) -> dict[str, Any]:
    weight = None if item.weight_kg is None else {"unit": "KILOGRAMS", "value": float(item.weight_kg)}
    return {"id": gid("InventoryItemMeasurement", item.number), "weight": weight}


@connection("InventoryItem", "inventoryLevels")
def _levels(call: Call, item: Item, args: Args) -> Sequence[Level]:
    needs(call, "read_inventory", "inventoryLevels")
    return [level for level in item.levels if level.is_active or args.get("includeInactive")]


@field("InventoryItem", "inventoryLevel")
def _level_at(call: Call, item: Item, args: Args) -> Level | None:
    needs(call, "read_inventory", "inventoryLevel")
    location = call.sim.catalogue.location(number_of(args["locationId"], "Location"))
    level = item.at(location) if location else None
    return level if level and (level.is_active or args.get("includeInactive")) else None


field("Location", "legacyResourceId")(lambda call, location, args: location.number)
field("Location", "shipsInventory", "hasActiveInventory")(lambda call, location, args: location.is_active)
field("Location", "isFulfillmentService")(lambda call, location, args: False)
field("Location", "updatedAt")(lambda call, location, args: location.created_at)
field("Location", "address")(lambda call, location, args: {
    "address1": "1 Practice Street", "address2": None, "city": "Practice", "country": location.country_code,
    "countryCode": location.country_code, "formatted": ["1 Practice Street", location.country_code], "phone": None,
    "province": None, "provinceCode": None, "zip": "PR1 1AA"})  # fmt: skip


@field("Location", "inventoryLevel")
def _location_level(call: Call, location: Location, args: Args) -> Level | None:
    needs(call, "read_inventory", "inventoryLevel")
    item = call.sim.catalogue.item(number_of(args["inventoryItemId"], "InventoryItem"))
    level = item.at(location) if item else None
    return level if level and (level.is_active or args.get("includeInactive")) else None


@connection("Location", "inventoryLevels")
def _location_levels(call: Call, location: Location, args: Args) -> Sequence[Level]:
    needs(call, "read_inventory", "inventoryLevels")
    found = [each.item.at(location) for each in call.sim.catalogue.variants.values()]
    return [level for level in found if level and (level.is_active or args.get("includeInactive"))]


field("InventoryLevel", "createdAt")(lambda call, level, args: level.item.variant.created_at)


@field("InventoryLevel", "quantities")
def _quantities(call: Call, level: Level, args: Args) -> list[dict[str, Any]]:
    wrong = [name for name in args["names"] if name not in QUANTITY_NAMES]
    if wrong:
        raise Refusal(f"The specified quantity name is invalid: {', '.join(wrong)}", "BAD_REQUEST")
    return [{"id": gid("InventoryQuantity", f"{level.location.number}-{level.item.number}-{name}"), "name": name,
             "quantity": getattr(level, name), "updatedAt": level.updated_at} for name in args["names"]]  # fmt: skip
