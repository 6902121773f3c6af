"""What a merchant can mend: said in his words, with what to do now (ERR-01 … ERR-08).

A problem is data: it is stored, shown and linked. What nobody foresaw is an exception instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``code`` is stable and has a page in the help; ``raw`` keeps the platform's code."""

    code: str
    where: str
    says: str
    fix: str
    link: str = ""
    raw: str = ""

    def as_json(self) -> dict[str, str]:
        """As it is kept in a JSON column; :meth:`from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Problem:
        """Reads what :meth:`as_json` wrote."""
        return cls(**{name: str(row.get(name, "")) for name in ("code", "where", "says", "fix", "link", "raw")})


@dataclass(frozen=True, slots=True)
class _Entry:
    where: str
    says: str
    fix: str
    link: str = ""


# Every code there is. ``{name}`` is filled in by `problem()`; `link` names a screen, see admin/links.py.
CATALOGUE: dict[str, _Entry] = {
    # -- before a push
    "product.not_pulled": _Entry("Products", "This product has not been pulled from the store yet.", "Pull first, then push.", "products.pull"),
    "product.unknown": _Entry("Product", "The store has no product with the id {id}.", "Check that the product still exists in the store, then push it again.", ""),
    "product.kind": _Entry("Product", "A {kind} product can't be sold on TikTok Shop: type not supported.", "Push the simple or configurable products that it is made of.", "product"),
    "product.inactive": _Entry("Product", "The product is switched off in the store.", "Switch it on in the store, pull it again, then push.", "product"),
    "product.not_for_sale": _Entry("Product", "The store does not sell this product: {reason}.", "Make it purchasable in the store, or switch “Sync unpurchasable products” on under Connection, and pull it again.", "product"),
    "product.needs_answer": _Entry("Product", "A buyer must fill in “{name}” in the store; an order from TikTok Shop can't.", "Make that field optional in the store, pull the product again, then push.", "product"),
    "title.missing": _Entry("Title", "The product has no title.", "Give it a title in the store, pull it again, then push.", "product"),
    "title.too_long": _Entry("Title", "The title has {length} characters; TikTok Shop takes {limit}.", "Shorten it in the store, or set a TikTok Shop title on the product here.", "product"),
    "title.too_short": _Entry("Title", "The title has {length} characters; TikTok Shop asks for {limit} in this market.", "Lengthen it in the store, or set a TikTok Shop title on the product here.", "product"),
    "title.letters": _Entry("Title", "TikTok Shop does not take a title with {what}.", "Change it in the store, or set a TikTok Shop title on the product here.", "product"),
    "description.missing": _Entry("Description", "The product has no description.", "Write one in the store, pull it again, then push.", "product"),
    "description.too_long": _Entry("Description", "The description has {length} characters; TikTok Shop takes {limit}.", "Shorten it in the store, pull it again, then push.", "product"),
    "description.letters": _Entry("Description", "TikTok Shop does not take a description with {what}.", "Change it in the store, pull it again, then push.", "product"),
    "description.nested": _Entry("Description", "The description's lists stand {depth} tags deep in one another; TikTok Shop takes {limit}.", "Make it simpler in the store, pull it again, then push.", "product"),
    "images.missing": _Entry("Pictures", "The product has no picture.", "Add at least one picture in the store, pull it again, then push.", "product"),
    "image.refused": _Entry("Pictures", "TikTok Shop did not take the picture {name}: {reason}", "Replace it in the store with a JPG or PNG of at least 300 × 300 pixels and at most 10 MB.", "product"),
    "image.unfit": _Entry("{place}", "The picture {name} {what}.", "Replace it in the store, pull it again, then push.", "product"),
    "images.left_out": _Entry("Pictures", "The product has {count} pictures; TikTok Shop takes {limit}: the first {limit} go.", "Put the ones that matter first in the store.", "product"),
    "images.of_variants": _Entry("Variants › Pictures", "Not each {name} has a picture: the variants go without theirs.", "Give each {name} a picture in the store, or leave it so.", "product"),
    "category.missing": _Entry("Category", "No TikTok Shop category is chosen for {category}.", "Confirm the suggested category or choose one.", "categories"),
    "category.not_leaf": _Entry("Category", "The category {category} is not a lowest-level category.", "Choose a category without further levels below it.", "categories"),
    "category.closed": _Entry("Category", "TikTok Shop does not let this shop sell in {category}.", "Choose another category, or apply for this one in Seller Center.", "categories"),
    "attribute.missing": _Entry("Attributes › {name}", "TikTok Shop requires {name} in {category}.", "Fill it in for this product, or once for the whole category.", "attributes"),
    "attribute.value": _Entry("Attributes › {name}", "“{value}” is not a value that TikTok Shop knows for {name}.", "Choose one of TikTok Shop's values.", "attributes"),
    "attribute.letters": _Entry("Attributes › {name}", "TikTok Shop does not take “{value}”: it has {what}.", "Write it otherwise, or choose one of TikTok Shop's values.", "attributes"),
    "attribute.left_out": _Entry("Attributes › {name}", "“{value}” is no value that TikTok Shop takes for {name}: the product goes without it.", "Choose one of TikTok Shop's values, or leave it so.", "attributes"),
    "attribute.cut": _Entry("Attributes › {name}", "The value has {length} characters; TikTok Shop takes {limit}: the rest is left out.", "Shorten it, or leave it so.", "attributes"),
    "certificate.missing": _Entry("Certificates › {name}", "The product is missing the required certificate file: {name}.", "Upload it in TikTok Shop's Seller Center or choose another category.", "product"),
    "size_chart.missing": _Entry("Size chart", "TikTok Shop requires a size chart in {category}.", "Add a size chart in Seller Center or choose another category.", "product"),
    "package.missing": _Entry("Package", "At least one of the package dimensions is missing.", "Fill in length, width and height as whole numbers in Settings › Products.", "settings.products"),
    "package.size": _Entry("Package", "The package size {size} is not above zero on each side.", "Fill in length, width and height as whole numbers from 1 in Settings › Products or on the product here.", "settings.products"),
    "weight.missing": _Entry("Package › Weight", "The product has no weight.", "Give it a weight in the store, or a default in Settings › Products.", "settings.products"),
    "warehouse.missing": _Entry("Warehouse", "This shop has no TikTok Shop warehouse chosen.", "Choose one in Settings › Warehouse.", "settings.products"),
    "warehouse.gone": _Entry("Warehouse", "TikTok Shop no longer sells from the warehouse that this shop has chosen.", "Choose another one in Settings › Warehouse.", "settings.products"),
    "sku.missing": _Entry("Variant {name}", "A variant has no SKU.", "Give each variant its own SKU in the store, pull again, then push.", "product"),
    "sku.double": _Entry("Variant {name}", "The SKU {sku} stands on more than one variant.", "Give each variant its own SKU in the store, pull again, then push.", "product"),
    "sku.format": _Entry("Variant {name}", "TikTok Shop takes SKUs of 1 to 50 characters without spaces; this one is “{sku}”.", "Change the SKU in the store, pull again, then push.", "product"),
    "sku.mapped_twice": _Entry("Variant {name}", "Two variants are mapped to the TikTok Shop SKU {id}.", "Map each variant to a SKU of its own.", "products.map"),
    "variants.too_many": _Entry("Variants", "The product has {count} variants; TikTok Shop takes {limit}.", "Split it into several products in the store.", "product"),
    "variants.none": _Entry("Variants", "The product has no variant that can be sold.", "Switch at least one variant on in the store, pull again, then push.", "product"),
    "options.too_many": _Entry("Variants", "Variants differ in {count} options; TikTok Shop takes 3.", "Merge options in the store, or split the product.", "product"),
    "options.missing": _Entry("Variant {name}", "The product has several variants, and this one has no option that tells it apart.", "Give it the options that the others have in the store, pull again, then push.", "product"),
    "options.differ": _Entry("Variant {name}", "It has other options than the rest: {options}.", "Give each variant the same options in the store, pull again, then push.", "product"),
    "options.double": _Entry("Variant {name}", "Several variants have these same options: {skus}.", "Change or delete all but one in the store, pull again, then push.", "product"),
    "options.same": _Entry("Variant {name}", "Two of its options are one and the same on TikTok Shop: {options}.", "Rename one in the store, or map it to another of TikTok Shop's attributes.", "attributes"),
    "option.no_name": _Entry("Variants", "An option has no name.", "Name it in the store, pull again, then push.", "product"),
    "option.name": _Entry("Variants › {name}", "TikTok Shop does not take an option's name with {what}.", "Rename it in the store, pull again, then push.", "product"),
    "option.empty": _Entry("Variants › {name}", "The variant {sku} has no value for {name}.", "Fill it in in the store, pull again, then push.", "product"),
    "option.letters": _Entry("Variants › {name}", "TikTok Shop does not take “{value}”: it has {what}.", "Change it in the store, pull again, then push.", "product"),
    "option.too_long": _Entry("Variants › {name}", "The option value “{value}” has more than 50 characters.", "Shorten it in the store, pull again, then push.", "product"),
    "price.missing": _Entry("Price › {sku}", "The store gave no price for {sku}.", "Set a price in the store, pull it again, then push.", "product"),
    "price.range": _Entry("Price › {sku}", "{price} is outside what TikTok Shop takes in this market ({low} to {high}).", "Change the price in the store.", "product"),
    "price.currency": _Entry("Price › {sku}", "The store's price is in {currency}, the shop sells in {expected}.", "Choose the store view that sells in {expected} in Settings › Shop.", "settings.shop"),
    "barcode.left_out": _Entry("Variant {name} › Barcode", "The barcode {barcode} {what}: the variant goes without it.", "Correct it in the store, or leave it so.", "product"),
    "stock.not_synced": _Entry("Stock", "Stock not synced: track by variant.", "In the store, let the product's inventory be tracked on the variant level, then pull it again.", "product"),
    "field.missing": _Entry("{name}", "The field {name} is not set in the store.", "Set it on the product in the store, then pull it again.", "product"),
    # -- what TikTok Shop said
    "tiktok.refused": _Entry("TikTok Shop", "{says}", "Mend what TikTok Shop names, then push again.", "product"),
    "tiktok.title": _Entry("Title", "TikTok Shop did not take the title: {says}", "Change it in the store, or set a TikTok Shop title on the product here, then push again.", "product"),
    "tiktok.description": _Entry("Description", "TikTok Shop did not take the description: {says}", "Change it in the store, pull it again, then push.", "product"),
    "tiktok.pictures": _Entry("Pictures", "TikTok Shop did not take a picture: {says}", "Replace it in the store with a JPG or PNG of at least 300 × 300 pixels and at most 10 MB, pull again, then push.", "product"),
    "tiktok.size_chart": _Entry("Size chart", "TikTok Shop asks for a size chart: {says}", "Add a size chart in Seller Center or choose another category.", "product"),
    "tiktok.category": _Entry("Category", "TikTok Shop did not take the category: {says}", "Choose another category for it.", "categories"),
    "tiktok.attributes": _Entry("Attributes", "TikTok Shop did not take an attribute: {says}", "Mend it for this product, or once for the whole category.", "attributes"),
    "tiktok.certificate": _Entry("Certificates", "TikTok Shop asks for a certificate: {says}", "Upload it in TikTok Shop's Seller Center or choose another category.", "product"),
    "tiktok.responsible": _Entry("Manufacturer and responsible person", "TikTok Shop asks for manufacturer or responsible person: {says}", "Add them in TikTok Shop's Seller Center, then push again.", "product"),
    "tiktok.package": _Entry("Package", "TikTok Shop did not take package size or weight: {says}", "Correct weight and package size in the store or in Settings › Products.", "settings.products"),
    "tiktok.brand": _Entry("Brand", "TikTok Shop did not take the brand: {says}", "Choose another brand, or get this one authorised in Seller Center.", "product"),
    "tiktok.price": _Entry("Price", "TikTok Shop did not take the price: {says}", "Correct the price in the store; end a running TikTok Shop promotion if it locks the price.", "product"),
    "tiktok.stock": _Entry("Stock", "TikTok Shop did not take the stock: {says}", "Check the warehouse in Settings › Warehouse and in Seller Center.", "settings.products"),
    "tiktok.variants": _Entry("Variants", "TikTok Shop did not take the variants: {says}", "Correct SKUs and options in the store, pull again, then push.", "product"),
    "tiktok.barcode": _Entry("Barcode", "TikTok Shop did not take a barcode: {says}", "Correct the barcode (GTIN, EAN, UPC, ISBN) in the store, pull again, then push.", "product"),
    "tiktok.limit": _Entry("TikTok Shop", "A limit of your TikTok Shop is reached: {says}", "Push the rest later, or raise the limit in Seller Center.", "product"),
    "tiktok.scope": _Entry("TikTok Shop", "The TikTok Shop app may not do this: {says}", "Switch the permission on for the app in Partner Center, then reconnect.", "connection.reconnect"),
    "tiktok.seller": _Entry("TikTok Shop", "TikTok Shop does not let this seller do that: {says}", "Mend what Seller Center shows for your shop, then try again.", "connection"),
    "tiktok.ip": _Entry("TikTok Shop", "TikTok Shop does not accept calls from this server: {says}", "Add this server's address to the app's allow list in Partner Center.", "connection"),
    "tiktok.review": _Entry("TikTok Shop review › {where_}", "{says}", "{suggestion}", "product"),
    "tiktok.gone": _Entry("TikTok Shop", "The product no longer exists on TikTok Shop.", "Push it again to create it anew, or map it to another TikTok Shop product.", "product"),
    "tiktok.not_taken": _Entry("TikTok Shop", "TikTok Shop took the {field} that was sent, “{sent}”, and yet shows “{shown}”.", "Push it again, or let TikTok Shop keep its own: under Sync rules on this page.", "product"),
    "listing.not_live": _Entry("TikTok Shop", "Price and stock can be changed only while the product is live.", "Wait until the review is done; the change is sent by itself then.", "product"),
    "sku.not_found": _Entry("Variants › {sku}", "SKU-related products are not found, please manually push to create a new product.", "Check the SKU in the store, then push this product singly.", "product.push"),
    # -- orders
    "order.unlinked": _Entry("Line {sku}", "“{title}” is not linked to a product of the store.", "Map the TikTok Shop product to a store product; the order is created by itself then.", "products.map"),
    "order.store_refused": _Entry("Store order", "The store did not take the order: {says}", "Mend what the store names, then press Retry.", "order.retry"),
    "order.half_made": _Entry("Store order", "An earlier try ended inside the store's own code and left something half made.", "Look for this TikTok order id in the store's carts and orders; delete what is incomplete, then press Retry.", "order.retry"),
    "order.deleted": _Entry("Store order", "The order was created and then deleted in the store.", "Restore it from a backup, or press Create again if it should exist.", "order.retry"),
    "order.other_charge": _Entry("Money", "TikTok Shop's total holds {amount} that none of its fields explains.", "The order stands in the store with a line “Other TikTok Shop charges”. Compare it with Seller Center's settlement.", "order"),
    "order.total_differs": _Entry("Money", "The store's total is {amount} off TikTok Shop's: {reason}", "Compare both totals on this page; correct the tax or rounding rule in the store.", "order"),
    "order.oversold": _Entry("Stock", "The order took more than the store had in stock.", "Restock, or cancel the order in Seller Center.", "order"),
    "order.double": _Entry("Store order", "{count} store orders carry this TikTok order id.", "Cancel all but {number} in the store.", "order"),
    "order.missing": _Entry("Store order", "TikTok Shop has this paid order, the store does not.", "Press Retry to create it now.", "order.retry"),
    "order.retries_over": _Entry("Store order", "It was tried {count} times without success: {says}", "Mend what is named, then press Retry.", "order.retry"),
    "carrier.unmapped": _Entry("Shipment", "The carrier “{carrier}” is not mapped to a TikTok Shop carrier.", "Choose the TikTok Shop carrier for it in Settings › Orders.", "settings.carriers"),
    "shipment.no_tracking": _Entry("Shipment", "The store shipped the order without a tracking number.", "Add the tracking number to the shipment in the store; it is sent by itself then.", "order"),
    "shipment.refused": _Entry("Shipment", "TikTok Shop did not take the shipment: {says}", "Check carrier and tracking number, then press Retry.", "order.retry"),
    "shipment.store_refused": _Entry("Shipment", "The store did not take TikTok Shop's shipment: {says}", "Enter the tracking number {number} in the store by hand, or mend what is named and press Retry.", "order.retry"),
    "shipment.platform": _Entry("Shipment", "TikTok Shop ships this order with a label of its own.", "Arrange the shipment in Seller Center; the tracking number comes to the store by itself.", "order"),
    "shipment.split": _Entry("Shipment", "TikTok Shop has these goods in one package, the store shipped only a part of it.", "Ship the rest in the store too, or split the order in Seller Center, then press Retry.", "order.retry"),
    "shipment.no_package": _Entry("Shipment", "TikTok Shop has made no package for this order yet.", "Wait until TikTok Shop has made it, then press Retry.", "order.retry"),
    "cancel.refused": _Entry("Cancellation", "{side} did not take the cancellation: {says}", "Decide it in {side}; the other side follows by itself.", "order"),
    "refund.refused": _Entry("Refund", "The store did not take the refund: {says}", "Make the refund of {amount} in the store by hand, or mend what is named and press Retry.", "order.retry"),
    # -- connection
    "store.permission": _Entry("Store", "The store's access lacks {what}.", "Give the integration this permission in the store.", "connection"),
    "store.plugin_missing": _Entry("Store", "The Shopbridge plugin is not installed in the store.", "Install it: without it {what}.", "connection"),
    "store.unreachable": _Entry("Store", "The store does not answer at {address}: {says}", "Check the address and that the store is online.", "connection"),
    "store.not_expected": _Entry("Store", "{address} does not look like a {platform} store.", "Check the address.", "connection"),
    "store.stock_late": _Entry("Store", "The store takes goods off its stock only when an order is shipped or completed: until then the same unit can be sold twice.", "In the store's inventory settings, let stock be taken when an order is placed.", "connection"),
    "hooks.failed": _Entry("Webhooks", "The store did not register our webhooks: {says}", "Mend what it names, then press Register again under Webhooks. Until then changes are found by asking, minutes later.", "connection"),
    "login.lost": _Entry("Connection", "{side} no longer accepts our sign-in.", "Reconnect it; everything that waits goes on then.", "connection.reconnect"),
    "bug": _Entry("Shopbridge", "Our mistake. Reference {reference}.", "Try again; if it stays, send us the reference.", ""),
}


class _Blank(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "?"


def problem(code: str, *, link: str = "", raw: str = "", **facts: object) -> Problem:
    """The catalogue's problem with its blanks filled in. Raises ``KeyError`` for a code that has no entry."""
    entry = CATALOGUE[code]
    filled = _Blank(facts)
    return Problem(code, entry.where.format_map(filled), entry.says.format_map(filled), entry.fix.format_map(filled), link or entry.link, raw)
