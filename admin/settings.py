"""Settings of the chosen shop: products, orders and carriers. Each says what On and Off do (OST-07, OST-08, OST-15, OST-17, ATT-09, PUL-06)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import sync_rules
from admin.base import Page, Scope, needs, record, scope
from admin.choices import picked_brand
from admin.formatting import plural
from admin.forms import Field, whole_number
from admin.order_query import needs_you
from hub.flows.listings import submit_recheck
from hub.flows.orders import submit_fulfilment
from hub.flows.settings import change_settings, settings_of
from hub.models.orders import OrderLink
from hub.models.shops import Shop
from hub.rules.field_sources import Choices, not_offered, sources
from hub.stores import PLATFORMS
from hub.stores.base import Platform

PRODUCT_SWITCHES = (
    (
        "auto_pull",
        "Pull new products by themselves",
        "On: a product that you create in your store appears here within a minute. Off: it comes with your next pull. "
        "Neither puts it on TikTok Shop.",
    ),
    (
        "auto_push",
        "Push changes by themselves",
        "On: when title, text or pictures of a listed product change in your store, they are sent to TikTok Shop. "
        "Off: the product shows “Changes waiting” until you push it.",
    ),
)
ORDER_SWITCHES = (
    (
        "retry_orders",
        "Retry orders",
        "On: an order that couldn't be created is tried again after 10, 20 and 30 minutes, then you get a mail. Off: it waits until you press Retry.",
    ),
    (
        "sync_tiktok_fulfilled",
        "Sync FBT orders",
        "On: orders that TikTok fulfils from its own warehouse are created in your store too. Off: they stay here, listed but not created.",
    ),
    (
        "platform_shipping_waits",
        "Wait for TikTok's label",
        "On: an order that TikTok Shop ships is created in your store once its label is made. Off: it is created as soon as it is paid.",
    ),
    (
        "restock_cancelled",
        "Restock cancelled orders",
        "On: when an order is cancelled, its pieces go back into your store's stock. Off: stock stays as it is.",
    ),
    (
        "restock_returned",
        "Restock returned orders",
        "On: when a return is completed, its pieces go back into your store's stock. Off: you book them in yourself.",
    ),
)


class Settings(Page):
    """The settings pages."""

    section: ClassVar[str] = "settings"
    needs_connection: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(name="Settings", endpoint="settings", url="/admin/settings")

    @expose("/")
    def index(self) -> Any:
        """Product settings come first."""
        return redirect(url_for("settings.products"))

    @expose("/products", methods=["GET"])
    def products(self) -> Any:
        """Package size, brand, stock, what goes by itself, store view and warehouse."""
        return self._products_page({}, {})

    def _products_page(self, typed: dict[str, str], errors: dict[str, str]) -> Any:
        chosen = scope()
        if chosen.shop is None:
            return self.render("settings/none.html", page="products", chosen=chosen)
        now = settings_of(chosen.shop).products
        inch = now.dimension_unit.upper().startswith("IN")
        values = {
            "package_length": now.package_length,
            "package_width": now.package_width,
            "package_height": now.package_height,
            "package_weight": f"{now.package_weight:f}" if now.package_weight is not None else "",
            "stock_reserve": now.stock_reserve,
        } | typed
        sizes = [
            Field(
                name=f"package_{part}",
                label=f"{part.capitalize()}, {'in' if inch else 'cm'}",
                kind="number",
                value=_shown(values[f"package_{part}"]),
                error=errors.get(f"package_{part}", ""),
                required=True,
            )
            for part in ("length", "width", "height")
        ]
        sizes.append(
            Field(
                name="package_weight",
                label=f"Weight, {'lb' if now.weight_unit.upper().startswith(('POUND', 'LB')) else 'kg'}",
                kind="number",
                value=_shown(values["package_weight"]),
                error=errors.get("package_weight", ""),
            )
        )
        choices = _choices(chosen)
        reserve = Field(
            name="stock_reserve",
            label="Pieces kept back",
            kind="number",
            value=_shown(values["stock_reserve"]),
            error=errors.get("stock_reserve", ""),
            width="sb-w20",
            help="So many pieces of each variant are never offered on TikTok Shop. We suggest a few where you sell fast elsewhere; 0 offers all.",
        )
        return self.render(
            "settings/products.html",
            page="products",
            chosen=chosen,
            now=now,
            sizes=sizes,
            reserve=reserve,
            rules=sync_rules.of_shop(choices, sources(choices, now.rules, {})),
            threshold=sync_rules.number_field(typed.get("threshold", now.threshold), errors.get("threshold", "")),
            threshold_mode=now.threshold_mode,
            modes=sync_rules.MODES,
            errors=errors,
            switches=[(name, title, text, getattr(now, name)) for name, title, text in PRODUCT_SWITCHES],
            scopes=(chosen.connection.store or {}).get("scopes", []) if chosen.connection else [],
            warehouses=[
                w for w in chosen.shop.warehouses or () if w.get("enabled", True) and str(w.get("kind", "sales")).lower() != "return"
            ],
            brand=(now.brand_id, now.brand_name),
        )

    @expose("/products", methods=["POST"])
    @needs("manage")
    def save_products(self) -> Any:
        """Saves; refuses parts of numbers and offers the mended one."""
        chosen, form, errors = scope(), request.form, {}
        if chosen.shop is None:
            return redirect(url_for("settings.products"))
        changes: dict[str, Any] = {name: name in form for name, _, _ in PRODUCT_SWITCHES}
        for part in ("length", "width", "height"):
            changes[f"package_{part}"], wrong = whole_number(form.get(f"package_{part}", ""), part.capitalize())
            if wrong:
                errors[f"package_{part}"] = wrong
        weight = form.get("package_weight", "").strip().replace(",", ".")
        changes["package_weight"] = None
        if weight:
            try:
                changes["package_weight"] = Decimal(weight)
                if not Decimal("0.001") <= changes["package_weight"] <= 1000:
                    errors["package_weight"] = "Weight has to be between 0.001 and 1000."
            except InvalidOperation:
                errors["package_weight"] = "Weight has to be a number, such as 0.5."
        reserve, wrong = whole_number(form.get("stock_reserve", "0") or "0", "Pieces kept back", low=0, high=100_000)
        changes["stock_reserve"] = reserve or 0
        if wrong:
            errors["stock_reserve"] = wrong
        if form.get("units") in ("metric", "imperial"):
            changes["dimension_unit"], changes["weight_unit"] = (
                ("CENTIMETER", "KILOGRAM") if form["units"] == "metric" else ("INCH", "POUND")
            )
        changes["brand_id"], changes["brand_name"] = picked_brand(form)
        now, choices = settings_of(chosen.shop).products, _choices(chosen)
        changes["rules"] = {**now.rules, **sync_rules.posted_rules(form, choices)}
        if not_offered(choices, {name: value for name, value in changes["rules"].items() if value}):
            errors["rules"] = "Choose one of what is offered for this store."
        if "threshold" in form:
            changes["threshold"], mode, wrong = sync_rules.posted_threshold(form)
            changes["threshold_mode"] = mode or now.threshold_mode
            if wrong:
                errors["threshold"] = wrong
        if errors:
            answer = self._products_page(
                {
                    name: form.get(name, "")
                    for name in ("package_length", "package_width", "package_height", "package_weight", "stock_reserve", "threshold")
                    if name in form
                },
                errors,
            )
            return answer, 422
        with self.db.write() as db:
            before, after = change_settings(db, chosen.shop_id, "products", changes)
            shop = db.get_one(Shop, chosen.shop_id)
            if any(before[name] != after[name] for name in ("threshold", "threshold_mode", "stock_reserve", "rules")):
                submit_recheck(db, shop, current_user.name or current_user.email)
            was = {"scope": shop.scope, "warehouse": shop.warehouse_id}
            codes = {str(one.get("code")) for one in (chosen.connection.store or {}).get("scopes", [])} if chosen.connection else set()
            if form.get("scope", "") in codes:
                shop.scope = form["scope"]
            if form.get("warehouse", "") in {str(w.get("id")) for w in shop.warehouses or ()}:
                shop.warehouse_id = form["warehouse"]
            record(
                db,
                "product settings changed",
                chosen.connection.name if chosen.connection else "",
                {**before, **was},
                {**after, "scope": shop.scope, "warehouse": shop.warehouse_id},
                chosen.connection_id,
            )
        flash("Saved. Products that are listed already get it with their next push.", "success")
        return redirect(url_for("settings.products"))

    @expose("/orders", methods=["GET"])
    def orders(self) -> Any:
        """Retries, FBT, and the carrier mapping."""
        chosen = scope()
        if chosen.shop is None:
            return self.render("settings/none.html", page="orders", chosen=chosen)
        now = settings_of(chosen.shop).orders
        providers = sorted(
            ((str(p.get("id", "")), str(p.get("name") or p.get("id", ""))) for p in chosen.shop.providers or ()), key=lambda p: p[1].lower()
        )
        return self.render(
            "settings/orders.html",
            page="orders",
            chosen=chosen,
            now=now,
            providers=providers,
            names=dict(providers),
            switches=[(name, title, text, getattr(now, name)) for name, title, text in ORDER_SWITCHES if name in _offered(chosen)],
            offered=_offered(chosen),
            statuses=_status_rows(chosen),
            carriers=sorted(now.carriers.items()),
            wanted=request.args.get("carrier", ""),
        )

    @expose("/orders", methods=["POST"])
    @needs("manage")
    def save_orders(self) -> Any:
        """Saves the switches."""
        chosen, form = scope(), request.form
        if chosen.shop is None:
            return redirect(url_for("settings.orders"))
        offered = _offered(chosen)
        changes: dict[str, Any] = {name: name in form for name, _, _ in ORDER_SWITCHES if name in offered}
        if "payment_title" in offered:
            changes["payment_title"] = form.get("payment_title", "").strip()[:60] or "TikTokPAY"
        with self.db.write() as db:
            before, after = change_settings(db, chosen.shop_id, "orders", changes)
            record(db, "order settings changed", chosen.connection.name if chosen.connection else "", before, after, chosen.connection_id)
        flash("Saved. It counts for orders from now on.", "success")
        return redirect(url_for("settings.orders"))

    @expose("/carriers", methods=["POST"])
    @needs("mend")
    def save_carrier(self) -> Any:
        """Maps a carrier's text in the store, exactly as it is written there, to TikTok's (OST-15); or takes a mapping away."""
        chosen, form = scope(), request.form
        if chosen.shop is None:
            return redirect(url_for("settings.orders"))
        text, provider = form.get("carrier", "").strip()[:200], form.get("provider", "").strip()
        known = {str(p.get("id", "")) for p in chosen.shop.providers or ()}
        if not text or (form.get("remove") != "1" and provider not in known):
            flash("Write the carrier as your store writes it, and choose TikTok's.", "error")
            return redirect(url_for("settings.orders") + "#carriers")
        carriers = dict(settings_of(chosen.shop).orders.carriers)
        if form.get("remove") == "1":
            carriers.pop(text, None)
        else:
            carriers[text] = provider
        with self.db.write() as db:
            change_settings(db, chosen.shop_id, "orders", {"carriers": carriers})
            waiting = _send_waiting(db, chosen.shop_id)
            record(
                db,
                "carrier mapped" if form.get("remove") != "1" else "carrier mapping removed",
                text,
                None,
                {"carrier": provider},
                chosen.connection_id,
            )
        flash(
            f"Saved. {plural(waiting, 'waiting shipment')} {'is' if waiting == 1 else 'are'} sent now." if waiting else "Saved.", "success"
        )
        back = form.get("back", "")
        if back.isascii() and back.isdigit() and len(back) < 19:
            return redirect(url_for("orders.page", link_id=int(back)))
        return redirect(url_for("settings.orders") + "#carriers")


def _platform(chosen: Scope) -> Platform | None:
    return PLATFORMS.get(chosen.connection.platform) if chosen.connection is not None else None


def _choices(chosen: Scope) -> Choices:
    """Whose value each field may have in this store system."""
    platform = _platform(chosen)
    return platform.rule_choices if platform is not None else {}


def _offered(chosen: Scope) -> tuple[str, ...]:
    """The order settings that mean something in this store system."""
    platform = _platform(chosen)
    return platform.order_settings if platform is not None else ()


def _status_rows(chosen: Scope) -> list[tuple[str, str]]:
    """What becomes of each TikTok status in the store, in words."""
    platform = _platform(chosen)
    return [(state.value.replace("_", " ").capitalize(), words) for state, words in platform.status_table.items()] if platform else []


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _send_waiting(db: Session, shop_id: int) -> int:
    """Orders that waited for a carrier go on now."""
    links = [
        link
        for link in db.scalars(select(OrderLink).where(OrderLink.shop_id == shop_id, needs_you()))
        if any(p.get("code") == "carrier.unmapped" for p in link.problems or ())
    ]
    for link in links:
        submit_fulfilment(db, link)
    return len(links)
