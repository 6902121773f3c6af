"""A lived-in hub for the screens: products and orders in every state, tasks with problems, people of each role."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from hub import clock
from hub.domain.listings import ListingState
from hub.domain.money import to_micro
from hub.domain.orders import Address, Order, OrderLine, OrderState, ShippingCharge, ShippingType
from hub.domain.problems import problem
from hub.domain.tasks import ItemState, Kind, Outcome, Queue, TaskState
from hub.flows import people
from hub.flows.connect import new_hook_secret
from hub.models import Database
from hub.models.categories import CategoryDetail, CategoryMapping, TikTokCategory
from hub.models.connections import Connection, ConnectionState, Mode
from hub.models.csv_updates import CsvRow, CsvUpload, RowState, UploadState
from hub.models.ledger import LedgerEntry, Verdict
from hub.models.listings import Listing, ListingEvent, ListingSku
from hub.models.orders import LinkState, OrderEvent, OrderLink, OrderUnit
from hub.models.products import StoreOffer, StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.models.tasks import Item, Task
from hub.models.tiktok import App, Grant
from hub.models.users import Role, User, UserConnection
from hub.models.values import pack

PASSWORD = "a quiet harbour at noon"
NOW = clock.now


@dataclass(frozen=True, slots=True)
class Filled:
    """Numbers of what was made."""

    connection_id: int
    shop_id: int
    other_connection_id: int
    other_shop_id: int
    listings: dict[str, int]
    orders: dict[str, int]
    tasks: dict[str, int]
    mapping_id: int
    upload_id: int
    other_listing_id: int
    other_order_id: int
    users: dict[str, int]


def fill_people(db: Session) -> dict[str, int]:
    """Maya owns it, Tomas is admin, Ines is support."""
    made = {}
    for name, email, role in (
        ("Maya Okafor", "maya@example.com", Role.OWNER),
        ("Tomas Brandt", "tomas@example.com", Role.ADMIN),
        ("Ines Silva", "ines@example.com", Role.SUPPORT),
    ):
        user = people.add_user(db, email, name, role)
        people.set_password(db, user, PASSWORD)
        made[role.value] = user.id
    return made


def add_connection(
    db: Session, name: str, platform: str, region: str, currency: str, mode: Mode = Mode.PRACTICE
) -> tuple[Connection, Shop]:
    """A connected one with one shop."""
    now = NOW()
    connection = Connection(
        name=name,
        platform=platform,
        mode=mode,
        state=ConnectionState.CONNECTED,
        hook_key=secrets.token_urlsafe(12),
        handshake_key=secrets.token_urlsafe(16),
        created_at=now - timedelta(days=40),
        has_plugin=True,
        last_event_at=now - timedelta(seconds=40),
        checked_at=now - timedelta(minutes=2),
        settings={"base_url": "https://store.example"},
        store={
            "version": "2.4.7",
            "name": "fernandkiln.com",
            "timezone": "UTC",
            "plugin_version": "1.0.0",
            "plugin": {
                "plugin_version": "1.0.0",
                "said_at": (now - timedelta(minutes=20)).isoformat(),
                "cron_seen_at": (now - timedelta(minutes=21)).isoformat(),
                "queue": {"waiting": 12, "oldest_s": 2400, "failed": 2},
            },
            "scopes": [{"code": "us", "name": "US view", "currency": currency}],
        },
    )
    connection.hook_secret = new_hook_secret()
    db.add(connection)
    db.flush()
    app = App(
        app_key=f"key-{secrets.token_hex(3)}",
        api_host="https://api.example",
        token_host="https://auth.example",
        consent_host="https://consent.example",
        created_at=now,
        is_practice=True,
    )
    app.app_secret = "an app secret"
    db.add(app)
    db.flush()
    grant = Grant(
        app_id=app.id,
        open_id=secrets.token_hex(4),
        seller_name="Fern & Kiln",
        region=region,
        created_at=now,
        refresh_expires_at=now + timedelta(days=200),
    )
    grant.access_token, grant.refresh_token = "access", "refresh"
    db.add(grant)
    db.flush()
    shop = Shop(
        grant_id=grant.id,
        connection_id=connection.id,
        tiktok_shop_id=f"7495{secrets.randbelow(10**12):012d}",
        name=name,
        region=region,
        currency=currency,
        cipher=secrets.token_hex(8),
        scope="us",
        created_at=now - timedelta(days=40),
        warehouse_id="w1",
        warehouses=[{"id": "w1", "name": "Main warehouse", "kind": "sales", "default": True, "enabled": True}],
        providers=[{"id": "117717", "name": "UPS"}, {"id": "117718", "name": "USPS"}],
    )
    db.add(shop)
    db.flush()
    return connection, shop


def add_product(
    db: Session,
    connection: Connection,
    shop: Shop,
    sku: str,
    title: str,
    *,
    price: str = "18.00",
    stock: int = 38,
    variants: int = 1,
    category: tuple[str, str] = ("11", "Kitchen / Mugs"),
    **listing: Any,
) -> Listing:
    """A product with variants, offers and its listing."""
    now = NOW()
    product = StoreProduct(
        connection_id=connection.id,
        external_id=str(4000 + secrets.randbelow(10**6)),
        sku=sku,
        kind="simple",
        title=title,
        category_id=category[0],
        category_path=category[1],
        data={"brand": "Fern & Kiln", "attributes": {"Material": "Stoneware"}},
        content_hash=secrets.token_hex(8),
        pulled_at=now,
    )
    db.add(product)
    db.flush()
    row = Listing(
        **{
            "connection_id": connection.id,
            "shop_id": shop.id,
            "product_id": product.id,
            "state": ListingState.DRAFT,
            "updated_at": now,
            **listing,
        }
    )
    db.add(row)
    db.flush()
    for n in range(variants):
        variant = StoreVariant(
            product_id=product.id,
            connection_id=connection.id,
            external_id=f"{product.external_id}-{n}",
            sku=f"{sku}-{n + 1}",
            options={"Size": ("Single", "Set of 2", "Set of 4")[n]} if variants > 1 else {},
            position=n,
        )
        db.add(variant)
        db.flush()
        amount = Decimal(price) * (n + 1)
        db.add(
            StoreOffer(
                variant_id=variant.id,
                scope="us",
                price=to_micro(amount),
                effective_price=to_micro(amount),
                currency=shop.currency,
                salable=stock,
                read_at=now,
            )
        )
        if row.tiktok_product_id:
            db.add(
                ListingSku(
                    listing_id=row.id,
                    shop_id=shop.id,
                    variant_id=variant.id,
                    tiktok_sku_id=f"{row.tiktok_product_id}{n}",
                    seller_sku=variant.sku,
                    sent_price=to_micro(amount),
                    sent_stock=stock,
                    sent_at=now,
                )
            )
    return row


def add_order(
    db: Session,
    connection: Connection,
    shop: Shop,
    number: str,
    *,
    state: LinkState,
    tiktok: OrderState,
    variant: StoreVariant | None = None,
    sku_id: str = "",
    **more: Any,
) -> OrderLink:
    """An order of two units, $39.10 with shipping and tax."""
    now = NOW()
    line = {
        "tiktok_product_id": "1",
        "tiktok_sku_id": sku_id,
        "seller_sku": variant.sku if variant else "FK-MUG-MOS-2",
        "title": "Stoneware mug, moss",
        "original_price": Decimal("18.00"),
        "sale_price": Decimal("15.30"),
        "seller_discount": Decimal("1.80"),
        "platform_discount": Decimal("0.90"),
        "state": tiktok,
    }
    order = Order(
        order_id=number,
        state=tiktok,
        raw_state=tiktok.value,
        region=shop.region,
        currency=shop.currency,
        created_at=now - timedelta(hours=3),
        updated_at=now,
        paid_at=now - timedelta(hours=3),
        lines=(OrderLine(line_id=f"{number}1", **line), OrderLine(line_id=f"{number}2", **line)),
        goods_gross=Decimal("36.00"),
        seller_discount=Decimal("3.60"),
        platform_discount=Decimal("1.80"),
        sub_total=Decimal("30.60"),
        shipping=ShippingCharge(gross=Decimal("4.30"), net=Decimal("4.30"), title="Standard"),
        tax=Decimal("2.20"),
        total=Decimal("37.10"),
        ship_to=Address(name="D*** R.", lines=("4** E***** Ave, Apt **",), city="Columbus", region="OH", postcode="432**", country="US"),
        shipping_type=ShippingType.SELLER,
        ship_by=now + timedelta(hours=20),
    )
    link = OrderLink(
        **{
            "connection_id": connection.id,
            "shop_id": shop.id,
            "tiktok_order_id": number,
            "state": state,
            "tiktok_state": tiktok,
            "currency": shop.currency,
            "total": 3710,
            "units": 2,
            "buyer": "D*** R.",
            "shipping_type": "seller",
            "order": pack(order),
            "placed_at": order.created_at,
            "paid_at": order.paid_at,
            "ship_by": order.ship_by,
            "tiktok_updated_at": now,
            "seen_at": now,
            "updated_at": now,
            **more,
        }
    )
    db.add(link)
    db.flush()
    for one in order.lines:
        db.add(OrderUnit(link_id=link.id, line_id=one.line_id, tiktok_sku_id=one.tiktok_sku_id, variant_id=variant.id if variant else None))
    db.add_all(
        [
            OrderEvent(link_id=link.id, at=now - timedelta(hours=3), what="tiktok", says="TikTok Shop: awaiting shipment"),
            OrderEvent(link_id=link.id, at=now - timedelta(hours=2), what="created", says="Created in the store as 100004512"),
        ]
    )
    db.add(
        LedgerEntry(
            connection_id=connection.id,
            shop_id=shop.id,
            tiktok_order_id=number,
            placed_at=order.created_at,
            paid=True,
            verdict=Verdict.CREATED if link.store_order_id else Verdict.FAILED if state is LinkState.NEEDS_ATTENTION else Verdict.NOT_DUE,
            reason="" if link.store_order_id else "unpaid",
            copies=1 if link.store_order_id else 0,
            currency=shop.currency,
            tiktok_total="37.10",
            store_total="37.10" if link.store_order_id else "",
            counted_at=now,
            store_orders=[{"order_id": link.store_order_id, "number": link.store_number, "state": "open", "grand": "37.10"}]
            if link.store_order_id
            else [],
        )
    )
    return link


def fill(database: Database) -> Filled:
    """All of it."""
    with database.write() as db:
        users = fill_people(db)
        connection, shop = add_connection(db, "Fern & Kiln US", "magento", "US", "USD")
        other, other_shop = add_connection(db, "Atelier Noor", "prestashop", "GB", "GBP")
        db.add(UserConnection(user_id=users["support"], connection_id=connection.id))
        for number, parent, name, path, is_leaf in (
            ("600", "0", "Kitchenware", "Kitchenware", False),
            ("601", "600", "Drinkware", "Kitchenware › Drinkware", False),
            ("602", "601", "Mugs and cups", "Kitchenware › Drinkware › Mugs and cups", True),
            ("603", "601", "Espresso cups", "Kitchenware › Drinkware › Espresso cups", True),
        ):
            db.add(
                TikTokCategory(
                    shop_id=shop.id,
                    category_id=number,
                    parent_id=parent,
                    name=name,
                    path=path,
                    is_leaf=is_leaf,
                    permissions=["AVAILABLE"],
                    read_at=NOW(),
                )
            )
        attribute = {
            "attribute_id": "100398",
            "name": "Material",
            "is_sales": False,
            "required": True,
            "values": [["1", "Stoneware"], ["2", "Glass"]],
            "customizable": True,
            "multiple": False,
            "numeric": False,
            "conditions": [],
        }
        db.add(CategoryDetail(shop_id=shop.id, category_id="602", attributes=[attribute], rules={}, read_at=NOW()))
        mapping = CategoryMapping(
            connection_id=connection.id,
            shop_id=shop.id,
            store_category_id="11",
            store_path="Kitchen / Mugs",
            suggested_id="602",
            category_id="602",
            confirmed_at=NOW(),
            brand_name="Fern & Kiln",
            brand_id="b1",
        )
        db.add_all(
            [
                mapping,
                CategoryMapping(
                    connection_id=connection.id, shop_id=shop.id, store_category_id="12", store_path="Kitchen / Cups", suggested_id="603"
                ),
                CategoryMapping(connection_id=connection.id, shop_id=shop.id, store_category_id="13", store_path="Gifts / Boxes"),
            ]
        )
        numbers = iter(range(1729441088230000000, 1729441088239999999, 7))
        listings = {
            "live": add_product(
                db,
                connection,
                shop,
                "FK-MUG-MOS",
                "Stoneware mug, moss",
                variants=2,
                state=ListingState.LIVE,
                tiktok_product_id=str(next(numbers)),
                tiktok_status="ACTIVATE",
                live_at=NOW(),
                pushed_at=NOW(),
                checked_at=NOW(),
            ),
            "update_failed": add_product(
                db,
                connection,
                shop,
                "FK-MUG-CHK",
                "Stoneware mug, chalk",
                state=ListingState.NEEDS_ATTENTION,
                live_at=NOW(),
                pushed_at=NOW(),
                tiktok_product_id=str(next(numbers)),
                tiktok_status="ACTIVATE",
                problems=[
                    problem("attribute.missing", name="Material", category="Mugs and cups", raw="12052251 · attribute 100398").as_json()
                ],
            ),
            "sync_failed": add_product(
                db,
                connection,
                shop,
                "FK-CUP-EMB",
                "Espresso cup, ember",
                variants=3,
                category=("12", "Kitchen / Cups"),
                state=ListingState.NEEDS_ATTENTION,
                problems=[problem("category.missing", category="Kitchen / Cups").as_json(), problem("images.missing").as_json()],
            ),
            "in_review": add_product(
                db,
                connection,
                shop,
                "FK-BWL-RIV",
                "Serving bowl, river",
                price="46.00",
                state=ListingState.IN_REVIEW,
                tiktok_product_id=str(next(numbers)),
                tiktok_status="PENDING",
                pushed_at=NOW(),
            ),
            "waiting": add_product(
                db,
                connection,
                shop,
                "FK-CSH-PLM",
                "Cushion cover, plum lattice",
                price="29.00",
                state=ListingState.LIVE,
                tiktok_product_id=str(next(numbers)),
                tiktok_status="ACTIVATE",
                live_at=NOW(),
                pending=True,
            ),
            "off": add_product(
                db,
                connection,
                shop,
                "FK-PLT-S18",
                "Planter, sage, 18 cm",
                stock=0,
                state=ListingState.OFF,
                tiktok_product_id=str(next(numbers)),
                tiktok_status="SELLER_DEACTIVATED",
                live_at=NOW(),
            ),
            "draft": add_product(
                db, connection, shop, "FK-APR-NAT", "Linen apron, natural", price="42.00", stock=2, category=("13", "Gifts / Boxes")
            ),
            "hostile": add_product(
                db, connection, shop, "FK-XSS", '<script>window.hurt=1</script> "mug" & cup', category=("13", "Gifts / Boxes")
            ),
        }
        db.add_all(
            [
                ListingEvent(listing_id=listings["live"].id, at=NOW() - timedelta(days=2), what="pushed", says="Sent to TikTok Shop"),
                ListingEvent(listing_id=listings["live"].id, at=NOW(), what="live", says="Live on TikTok Shop"),
            ]
        )
        variant = db.query(StoreVariant).filter_by(product_id=listings["live"].product_id).first()
        sku = db.query(ListingSku).filter_by(variant_id=variant.id).first()
        linked = {"variant": variant, "sku_id": sku.tiktok_sku_id}
        in_store = {
            "store_order_id": "4512",
            "store_number": "100004512",
            "store_state": "open",
            "store_total": 3710,
            "created_in_store_at": NOW(),
        }
        orders = {
            "open": add_order(
                db,
                connection,
                shop,
                "576918382210441725",
                state=LinkState.IN_STORE,
                tiktok=OrderState.AWAITING_SHIPMENT,
                **linked,
                **in_store,
            ),
            "shipped": add_order(
                db,
                connection,
                shop,
                "576918382209812031",
                state=LinkState.SHIPPED,
                tiktok=OrderState.IN_TRANSIT,
                **linked,
                **{**in_store, "store_order_id": "4513", "store_number": "100004513"},
                parcels=[{"id": "3377", "carrier": "UPS Ground", "number": "1Z88R4E20377194402", "from": "store"}],
            ),
            "unlinked": add_order(
                db,
                connection,
                shop,
                "576918382214007364",
                state=LinkState.NEEDS_ATTENTION,
                tiktok=OrderState.AWAITING_SHIPMENT,
                problems=[problem("order.unlinked", sku="FK-MUG-MOS-2", title="Stoneware mug, moss").as_json()],
            ),
            "unpaid": add_order(
                db, connection, shop, "576918382214007999", state=LinkState.SEEN, tiktok=OrderState.UNPAID, reason="unpaid", paid_at=None
            ),
            "cancelled": add_order(
                db,
                connection,
                shop,
                "576918382214007111",
                state=LinkState.CANCELLED,
                tiktok=OrderState.CANCELLED,
                **linked,
                **{**in_store, "store_order_id": "4514", "store_number": "100004514"},
            ),
        }
        tasks = _fill_tasks(db, connection, shop, listings)
        other_listing = add_product(
            db, other, other_shop, "AN-1", "Scarf", state=ListingState.LIVE, tiktok_product_id="1729441088999999999", live_at=NOW()
        )
        other_order = add_order(db, other, other_shop, "576918389999999999", state=LinkState.SEEN, tiktok=OrderState.UNPAID)
        db.flush()
        return Filled(
            connection.id,
            shop.id,
            other.id,
            other_shop.id,
            {k: v.id for k, v in listings.items()},
            {k: v.id for k, v in orders.items()},
            tasks,
            mapping.id,
            _fill_file(db, mapping, listings["live"]),
            other_listing.id,
            other_order.id,
            users,
        )


def _fill_file(db: Session, mapping: CategoryMapping, listing: Listing) -> int:
    """A CSV file that waits to be applied, with a row of each group."""
    kept = CsvUpload(
        connection_id=mapping.connection_id,
        shop_id=mapping.shop_id,
        mapping_id=mapping.id,
        category_id=mapping.category_id,
        name="mugs in autumn.csv",
        state=UploadState.CHECKED,
        content=b"",
        header=["Product ID", "Material [100398] (required)"],
        valid=1,
        errors=1,
        by="maya@example.com",
        created_at=NOW(),
    )
    db.add(kept)
    db.flush()
    changes = {"brand": None, "attributes": {"100398": {"value_id": "2", "text": "Glass"}}}
    nothing = {"brand": None, "attributes": {"100398": None}}
    db.add_all(
        [
            CsvRow(
                upload_id=kept.id,
                number=2,
                listing_id=listing.id,
                title="Stoneware mug, moss",
                sku="FK-MUG-MOS",
                state=RowState.VALID,
                before=nothing,
                after=changes,
            ),
            CsvRow(
                upload_id=kept.id,
                number=3,
                title="Mug, unknown",
                state=RowState.ERROR,
                causes=["Product ID is empty. Copy it from the template."],
                cells=["", "Glass"],
            ),
        ]
    )
    db.flush()
    return kept.id


def _fill_tasks(db: Session, connection: Connection, shop: Shop, listings: dict[str, Listing]) -> dict[str, int]:
    now = NOW()
    common = {
        "connection_id": connection.id,
        "queue": Queue.BULK,
        "run_at": now,
        "created_at": now - timedelta(minutes=3),
        "started_at": now - timedelta(minutes=3),
        "shown": True,
        "by": "maya@example.com",
    }
    running = Task(kind=Kind.PUSH_LISTINGS, shop_id=shop.id, state=TaskState.RUNNING, summary="Push products", **common)
    partly = Task(
        kind=Kind.PUSH_LISTINGS,
        shop_id=shop.id,
        state=TaskState.DONE,
        outcome=Outcome.PARTLY,
        summary="Push products",
        finished_at=now,
        **common,
    )
    pulled = Task(
        kind=Kind.PULL_PRODUCTS,
        state=TaskState.DONE,
        outcome=Outcome.OK,
        summary="Pull products",
        says="8 products read, 8 new",
        finished_at=now,
        result={"new": 8, "changed": 0},
        **common,
    )
    bug = Task(
        kind=Kind.SYNC_ORDERS,
        shop_id=shop.id,
        state=TaskState.FAILED,
        outcome=Outcome.BUG,
        summary="Refresh orders",
        says="Our mistake.",
        reference="7F3A",
        finished_at=now,
        problems=[problem("bug", reference="7F3A").as_json()],
        **common,
    )
    db.add_all([running, partly, pulled, bug])
    db.flush()
    for parent in (running, partly):
        for n, (name, listing) in enumerate(listings.items()):
            failed = name in ("update_failed", "sync_failed")
            waits = parent is running and n > 4
            db.add(
                Item(
                    task_id=parent.id,
                    parent_id=parent.id,
                    subject=listing.id,
                    label=name.replace("_", " ").capitalize(),
                    state=ItemState.WAITING if waits else ItemState.DONE,
                    outcome=None if waits else Outcome.NEEDS_ATTENTION if failed else Outcome.OK,
                    says="" if waits else "Material is missing" if failed else "Sent, in review",
                    attempts=0 if waits else 1,
                    finished_at=None if waits else now,
                    problems=[problem("attribute.missing", name="Material", category="Mugs and cups").as_json()] if failed else [],
                )
            )
    return {"running": running.id, "partly": partly.id, "pull": pulled.id, "bug": bug.id}


__all__ = ["PASSWORD", "Filled", "User", "fill", "fill_people"]
