"""What goes on in the hub when it is killed: one case per kind of outside write, and which crash points it passes.

A case prepares the world, starts something, and says afterwards whether it happened once. In between somebody is killed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.stores import PLATFORMS
from tests.faults import csv_cases, hub_cases, order_cases, product_cases
from tests.faults.fault_world import FaultWorld


@dataclass(frozen=True, slots=True)
class Case:
    """``begin`` starts it and gives the check for later. ``by``: who is killed: a worker at its tasks, a step that no task does
    (``begin`` gives it with the check), or the web side, which ``begin`` calls by itself."""

    name: str
    begin: Callable[[FaultWorld, str], Any]
    points: tuple[str, ...]
    platform: str = "magento"
    by: str = "worker"
    bare: bool = False


def sides(*names: str) -> tuple[str, ...]:
    """Before and after the calls of these names."""
    return tuple(f"{name}.{side}" for name in names for side in ("before", "after"))


STORES = tuple(PLATFORMS)
PLUGINS = tuple(slug for slug in STORES if PLATFORMS[slug].plugin is not None)
TASK_POINTS = ("task.claimed", "task.before_flow", "task.before_settle", "task.after_settle")
# The calls in which each store system writes what the hub brings it.
SHIPS: Mapping[str, tuple[str, ...]] = {
    **{slug: ("orders.ship", "orders.status") for slug in PLUGINS}, "shopify": ("orders.ship", "orders.note"), "bigcommerce": ("orders.ship",)}
REFUNDS: Mapping[str, tuple[str, ...]] = {
    **{slug: ("orders.refund",) for slug in PLUGINS}, "shopify": ("orders.refund",), "bigcommerce": ("refunds.quote", "refunds.create")}
RELEASES: Mapping[str, tuple[str, ...]] = {"shopify": ("orders.release", "orders.note"), "bigcommerce": ("orders.status",)}


def of(slug: str, *names: str) -> tuple[str, ...]:
    """Before and after the calls of these names in this store system."""
    return sides(*(f"{slug}.{name}" for name in names))


CASES: tuple[Case, ...] = (
    Case("a message", hub_cases.message_comes, ("inbox.before_commit", "inbox.after_commit"), by="web"),
    Case("a drain", order_cases.order_comes, ("drain.before_commit", "drain.after_commit", *TASK_POINTS)),
    *(Case(f"an order in {slug}", order_cases.order_waits, (*of(slug, "orders.create"), *TASK_POINTS), slug) for slug in STORES),
    *(Case(f"TikTok's parcel to {slug}", order_cases.tiktok_ships, of(slug, *SHIPS[slug]), slug) for slug in STORES),
    *(Case(f"TikTok's cancellation to {slug}", order_cases.tiktok_cancels, of(slug, "orders.cancel"), slug) for slug in STORES),
    *(Case(f"TikTok's refund to {slug}", order_cases.tiktok_refunds, of(slug, *REFUNDS[slug]), slug) for slug in STORES),
    *(Case(f"{slug}'s parcel to TikTok", order_cases.store_ships, sides("tiktok.logistics.ship"), slug) for slug in STORES),
    *(Case(f"{slug}'s cancellation to TikTok", order_cases.store_cancels, sides("tiktok.aftersales.cancel"), slug) for slug in STORES),
    *(Case(f"the grid of {slug}", product_cases.store_shows_rows, of(slug, "listings.put"), slug) for slug in PLUGINS),
    *(Case(f"the hour of {slug} ends", order_cases.hold_ends, of(slug, *names), slug) for slug, names in RELEASES.items()),
    *(Case(f"{slug}'s webhooks move", hub_cases.hooks_are_moved, (*of(slug, "hooks.delete", "hooks.create"), "store.hooks.before_note"), slug,
           by="step") for slug in hub_cases.DAMAGES),
    Case("a new product", product_cases.product_is_pushed, (
        *sides("tiktok.products.upload_image", "tiktok.products.create"), "item.claimed", "item.before_settle", "item.settled")),
    Case("a new title", product_cases.product_is_edited, sides("tiktok.products.edit"), "bigcommerce"),
    Case("a new title beside a description that stays", product_cases.part_is_edited, sides("tiktok.products.edit_part"), "magento"),
    Case("a new price", product_cases.price_changes, sides("tiktok.products.update_prices"), "shopify"),
    Case("a CSV file checked", csv_cases.file_is_checked, ("csv.checked_some",)),
    Case("a CSV file applied", csv_cases.file_is_applied, ("csv.row_applied",)),
    Case("new stock", product_cases.stock_changes, sides("tiktok.products.update_stock"), "bigcommerce"),
    Case("taken down", product_cases.goes_up_or_down(False), sides("tiktok.products.deactivate")),
    Case("put up again", product_cases.goes_up_or_down(True), sides("tiktok.products.activate")),
    Case("messages asked for", hub_cases.hooks_are_registered, sides("tiktok.hooks.register")),
    Case("a message given up", hub_cases.hook_is_forgotten, sides("tiktok.hooks.remove"), by="step"),
    Case("a token renewed", hub_cases.token_is_renewed, (*sides("tiktok.auth.refresh"), "tiktok.refresh.before_commit")),
    Case("a consent", hub_cases.seller_consents, sides("tiktok.auth.exchange"), by="step"),
    Case("Activate in Magento", hub_cases.integration_is_activated, sides("magento.oauth.token.request", "magento.oauth.token.access"), by="web"),
    Case("a command", hub_cases.practice_is_steered, sides("practice.control"), by="step"),
    Case("a slot of the scheduler", hub_cases.periodic_work, ("schedule.before_commit", "schedule.after_commit"), by="step"),
    # -- Shopify's and BigCommerce's own
    Case("an order that shopify holds", order_cases.order_is_held, of("shopify", "orders.hold"), "shopify"),
    Case("an order that shopify moves", order_cases.order_is_moved, of("shopify", "orders.move"), "shopify"),
    Case("an order archived in shopify", order_cases.order_is_archived, of("shopify", "orders.close"), "shopify"),
    Case("shopify's whole catalogue", product_cases.catalogue_is_pulled, of("shopify", "bulk.start"), "shopify", by="step"),
    Case("shopify's webhooks mended", hub_cases.hooks_are_damaged, of("shopify", "hooks.update"), "shopify", by="step"),
    Case("a sign-in at shopify", hub_cases.store_signs_in, (*of("shopify", "oauth.exchange"), "store.install.before_commit"), "shopify", by="step"),
    Case("shopify's token renewed", hub_cases.store_token_is_renewed, (*of("shopify", "oauth.renew"), "store.login.before_commit"), "shopify"),
    Case("bigcommerce's webhooks mended", hub_cases.hooks_are_damaged, of("bigcommerce", "hooks.mend"), "bigcommerce", by="step"),
    Case("goods back to bigcommerce", order_cases.goods_come_back, of("bigcommerce", "stock.return"), "bigcommerce"),
    Case("a refund noted in bigcommerce", order_cases.refund_is_noted, of("bigcommerce", "orders.refund"), "bigcommerce"),
    # -- without the plugin
    Case("an order in a bare magento", order_cases.order_comes, sides("magento.orders.create"), bare=True),
    Case("TikTok's parcel to a bare magento", order_cases.tiktok_ships, sides("magento.orders.ship"), bare=True),
    Case("TikTok's cancellation to a bare magento", order_cases.tiktok_cancels, sides("magento.orders.cancel"), bare=True),
    Case("a held order cancelled in a bare magento", order_cases.held_is_cancelled, sides("magento.orders.unhold"), bare=True),
    Case("a bare magento holds", order_cases.hold_of(True), sides("magento.orders.hold"), by="step", bare=True),
    Case("a bare magento releases", order_cases.hold_of(False), sides("magento.orders.unhold"), by="step", bare=True),
    Case("an order in a bare prestashop", order_cases.order_comes, of(
        "prestashop", "customers.create", "addresses.create", "carts.create", "specific_prices.create", "orders.create", "orders.total",
        "order_payments.amount", "orders.pay", "order_carriers.cost", "order_payments.mark"), "prestashop", bare=True),
    Case("TikTok's parcel to a bare prestashop", order_cases.tiktok_ships, of("prestashop", "order_carriers.track", "orders.ship"),
         "prestashop", bare=True),
    Case("TikTok's cancellation to a bare prestashop", order_cases.tiktok_cancels, of("prestashop", "orders.cancel"), "prestashop", bare=True),
)
MATRIX: tuple[tuple[Case, str], ...] = tuple((case, point) for case in CASES for point in case.points)


def thinned() -> Iterator[tuple[Case, str]]:
    """Each crash point once without the plugin and once with it: of several store systems that meet it, each in its turn."""
    meets: dict[tuple[str, bool], list[Case]] = defaultdict(list)
    for case, point in MATRIX:
        meets[point, case.bare].append(case)
    turns: dict[tuple[str, ...], int] = defaultdict(int)
    for (point, _), cases in meets.items():
        among = tuple(case.name for case in cases)
        yield cases[turns[among] % len(cases)], point
        turns[among] += 1


def covered() -> Mapping[str, int]:
    """How often each crash point is met."""
    names = [point for _, point in MATRIX]
    return {name: names.count(name) for name in names}


__all__ = ["CASES", "MATRIX", "Case", "covered", "thinned"]
