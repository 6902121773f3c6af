"""Products: create, edit, read, search, on and off, price, stock (contract 5.3, life cycle 6.1)."""

from __future__ import annotations

import base64
import copy
import json
from decimal import Decimal
from typing import Any

from hub.tiktok.sandbox.catalogue import TREE
from hub.tiktok.sandbox.checks import Checked, check_price, check_product, check_stock
from hub.tiktok.sandbox.gateway import Call, Failure, operation
from hub.tiktok.sandbox.state import Image, Product, Sku, State, money

SEARCH_DEPTH = 10_000


@operation("CreateProduct", "POST", "/product/202309/products", scope="seller.product.write")
def create(call: Call) -> dict[str, Any]:
    """A new product: into review, or a draft with save_mode AS_DRAFT. An idempotency_key answers the first result."""
    sim, body = call.sim, call.body
    key = str(body.get("idempotency_key") or "")
    if key and ("CreateProduct", call.shop.id, key) in sim.repeats:
        return copy.deepcopy(sim.repeats["CreateProduct", call.shop.id, key])
    save_mode = body.get("save_mode") or "LISTING"
    if len(key) > 128 or save_mode not in ("LISTING", "AS_DRAFT"):
        raise Failure(12052910, "the input is invalid")
    limit = sim.settings.get("daily_listing_limit")
    if limit is not None:
        midnight = sim.now() // 86400 * 86400
        today = [one for one in sim.products.values() if one.shop_id == call.shop.id and one.created >= midnight]
        if len(today) >= int(limit):
            raise Failure(12052093, "the daily listing limit is reached")
    is_draft = save_mode == "AS_DRAFT"
    checked = check_product(call, body, is_draft=is_draft)
    now = sim.now()
    for sku in checked.skus:
        sku.id = sim.new_id("sku")
    product = Product(
        sim.new_id("product"), call.shop.id, "DRAFT" if is_draft else "PENDING", "NONE" if is_draft else "AUDITING",
        checked.content, checked.skus, now, now,
    )  # fmt: skip
    sim.products[product.id] = product
    if not is_draft:
        submit(sim, product)
    sim.notify("PRODUCT_CREATION", call.shop, {"product_id": int(product.id), "product_types": [], "update_time": int(now)})
    answer = {**_ids(product.id, product.skus), "warnings": []}
    if key:
        sim.repeats["CreateProduct", call.shop.id, key] = copy.deepcopy(answer)
    return answer


def _ids(product_id: str, skus: list[Sku]) -> dict[str, Any]:
    return {
        "product_id": product_id,
        "skus": [
            {"id": sku.id, "seller_sku": sku.seller_sku,
             "sales_attributes": [{"id": a["id"], "value_id": a["value_id"]} for a in sku.sales_attributes],
             **({"external_sku_id": sku.extra["external_sku_id"]} if "external_sku_id" in sku.extra else {})}
            for sku in skus
        ],
    }  # fmt: skip


@operation(
    "EditProduct", "PUT", "/product/202509/products/{product_id}", "/product/202309/products/{product_id}",
    scope="seller.product.write",
)  # fmt: skip
def edit(call: Call) -> dict[str, Any]:
    """The whole product anew: what is not sent is gone, except price and stock of the SKUs that stay."""
    product = _editable(call)
    checked = check_product(
        call, call.body, known=product.content, known_skus=_newest(product)[1],
        is_draft=_stays_draft(product, call.body),
    )  # fmt: skip
    _keep_category(call, product, checked)
    return _apply(call, product, checked)


@operation(
    "PartialEditProduct", "POST", "/product/202509/products/{product_id}/partial_edit",
    "/product/202309/products/{product_id}/partial_edit", scope="seller.product.write",
)  # fmt: skip
def partial_edit(call: Call) -> dict[str, Any]:
    """Only the sent top-level properties, each of them whole. The category cannot change."""
    product = _editable(call)
    if not call.body:
        raise Failure(12052910, "the input is invalid: nothing to edit")
    if call.body.get("category_id") not in (None, product.content.get("category_id")):
        raise Failure(12052910, "the category cannot change by a partial edit")
    content, skus = _newest(product)
    body = {**copy.deepcopy(content), **call.body}
    if "skus" not in call.body:
        body["skus"] = [{"id": sku.id, "seller_sku": sku.seller_sku, "sales_attributes": sku.sales_attributes, **sku.extra} for sku in skus]
    checked = check_product(call, body, known=content, known_skus=skus, is_draft=_stays_draft(product, call.body))
    answer = _apply(call, product, checked)
    answer.pop("warnings", None)
    return answer


def _stays_draft(product: Product, body: dict[str, Any]) -> bool:
    return product.status == "DRAFT" and body.get("save_mode") == "AS_DRAFT"


def _editable(call: Call) -> Product:
    product = call.product(call.path["product_id"])
    if product.status in ("FREEZE", "DELETED"):
        raise Failure(12052901, "the product's status does not allow this")
    return product


def _newest(product: Product) -> tuple[dict[str, Any], list[Sku]]:
    if product.waiting is not None and product.waiting_skus is not None:
        return product.waiting, product.waiting_skus
    return product.content, product.skus


def _keep_category(call: Call, product: Product, checked: Checked) -> None:
    if "category_id" not in checked.content:
        checked.content["category_id"] = product.content.get("category_id", "")


def _apply(call: Call, product: Product, checked: Checked) -> dict[str, Any]:
    sim = call.sim
    live = {sku.id: sku for sku in product.skus}
    known = {sku.id: sku for sku in _newest(product)[1]}
    for place, sku in enumerate(checked.skus):
        old = live.get(sku.id) or known.get(sku.id)
        if old is not None:
            sku.committed = old.committed
            # Price and stock stay where they were not sent, and are live at once where they were.
            if place not in checked.with_price:
                sku.price = old.price
            if place not in checked.with_stock:
                sku.available = old.available
            old.price, old.available = sku.price, sku.available
        else:
            sku.id = sim.new_id("sku")
    before, before_skus = _newest(product)
    is_same = before == checked.content and [_shape(one) for one in before_skus] == [_shape(one) for one in checked.skus]
    product.updated = sim.now()
    is_draft = _stays_draft(product, call.body)
    if product.status == "ACTIVATE" and is_same:
        product.skus = checked.skus
        audit = "NONE"
    elif product.status == "ACTIVATE":
        product.waiting, product.waiting_skus = checked.content, checked.skus
        product.audit = audit = "AUDITING"
        submit(sim, product)
    else:
        product.content, product.skus = checked.content, checked.skus
        audit = "NONE"
        if not is_draft and product.status in ("DRAFT", "FAILED", "PENDING"):
            product.status, product.audit, audit = "PENDING", "AUDITING", "AUDITING"
            product.fail_reasons = []
            submit(sim, product)
    changed = [
        name if name in ("title", "description", "main_images", "product_attributes") else "others"
        for name in sorted(set(before) | set(checked.content))
        if before.get(name) != checked.content.get(name)
    ]
    if changed:
        sim.notify(
            "PRODUCT_INFORMATION_CHANGE", call.shop,
            {"product_id": product.id, "change_source": "OPEN_API", "changed_fields": sorted(set(changed)),
             "update_time": int(product.updated)},
        )  # fmt: skip
    return {**_ids(product.id, checked.skus), "warnings": [], "audit": {"status": audit}}


def _shape(sku: Sku) -> tuple[Any, ...]:
    said = [json.dumps(one, sort_keys=True) for one in (sku.sales_attributes, sku.extra)]
    return sku.id, sku.seller_sku, *said


def submit(sim: State, product: Product) -> None:
    """Queue the product's newest version for review, unless reviews wait for the control command."""
    product.review_round += 1
    this_round = product.review_round
    after = sim.settings.get("review_after_s")
    if after is not None:
        sim.later(float(after), lambda: _review_if_current(sim, product, this_round))


def _review_if_current(sim: State, product: Product, this_round: int) -> None:
    if product.review_round == this_round and product.audit == "AUDITING":
        review(sim, product)


def review(sim: State, product: Product, verdict: str | None = None, reason: str = "") -> str:
    """End a review: approve or refuse, by verdict or by the script (marker in the title, control rules)."""
    content, skus = _newest(product)
    if verdict is None:
        verdict, reason = _script(sim, content, skus)
    shop = sim.shops[product.shop_id]
    now = sim.now()
    product.updated = now
    was_waiting = product.waiting is not None
    if verdict == "refuse":
        product.audit = "FAILED"
        product.fail_reasons = [
            {"position": "Product name", "reasons": [reason or "The product information breaks a listing rule."],
             "suggestions": ["Edit the named part and submit the product again."]}
        ]  # fmt: skip
        if was_waiting:
            product.waiting = product.waiting_skus = None
        else:
            product.status = "FAILED"
        word = "PRODUCT_AUDIT_FAILURE"
    else:
        if product.waiting is not None and product.waiting_skus is not None:
            product.content, product.skus = product.waiting, product.waiting_skus
            product.waiting = product.waiting_skus = None
        product.status, product.audit, product.fail_reasons = "ACTIVATE", "APPROVED", []
        word = "PRODUCT_STATUS_CHANGED" if product.passed_once else "PRODUCT_FIRST_PASS_REVIEW"
        product.passed_once = True
    status = {"product_id": int(product.id), "status": word, "update_time": int(now)}
    if word == "PRODUCT_AUDIT_FAILURE":
        status["suspended_reason"] = product.fail_reasons[0]["reasons"][0]
    sim.notify("PRODUCT_STATUS_CHANGE", shop, status)
    sim.notify(
        "PRODUCT_AUDIT_STATUS_CHANGE", shop,
        {"product_id": int(product.id), "audit": {"status": product.audit}, "update_time": int(now)},
    )  # fmt: skip
    return product.status


def _script(sim: State, content: dict[str, Any], skus: list[Sku]) -> tuple[str, str]:
    marker = str(sim.settings.get("refuse_marker") or "")
    if marker and marker.lower() in str(content.get("title", "")).lower():
        return "refuse", "The product name contains a term that is not allowed."
    for rule in sim.review_rules:
        if rule["times"] == 0:
            continue
        in_title = rule.get("contains") and rule["contains"].lower() in str(content.get("title", "")).lower()
        in_sku = rule.get("seller_sku") and any(sku.seller_sku == rule["seller_sku"] for sku in skus)
        if in_title or in_sku:
            rule["times"] -= 1
            return rule.get("verdict", "refuse"), rule.get("reason", "")
    return "approve", ""


def picture(image: Image | None, uri: str) -> dict[str, Any]:
    """A picture as product answers show it."""
    if image is None:
        return {"uri": uri}
    return {"uri": uri, "urls": [image.url], "thumb_urls": [image.url], "width": image.width, "height": image.height}


@operation(
    "GetProduct", "GET", "/product/202309/products/{product_id}", scope="seller.product.basic",
    query={"return_under_review_version": "bool", "return_draft_version": "bool", "locale": "str"},
)  # fmt: skip
def get(call: Call) -> dict[str, Any]:
    """A product as buyers see it, or its version under review. It reads otherwise than it is written."""
    product = call.product(call.path["product_id"], 12052032)
    if product.status in ("FREEZE", "DELETED"):
        raise Failure(12052901, "the product's status does not allow this")
    content, skus = product.content, product.skus
    if call.query.get("return_under_review_version", "").lower() == "true":
        if call.query.get("return_draft_version", "").lower() == "true":
            raise Failure(12052901, "the two versions cannot be asked for together")
        if product.waiting is None or product.waiting_skus is None:
            raise Failure(12052547, "there is no version under review")
        content, skus = product.waiting, product.waiting_skus
    sim = call.sim
    brand = sim.brands.get(str(content.get("brand_id", "")))
    answer: dict[str, Any] = {
        "id": product.id, "status": product.status, "title": content.get("title", ""),
        "category_chains": [
            {"id": one.id, "parent_id": one.parent_id, "local_name": one.name, "is_leaf": one.is_leaf}
            for one in TREE.chain(str(content.get("category_id", "")))
        ],
        "main_images": [picture(sim.images.get(one["uri"]), one["uri"]) for one in content.get("main_images", [])],
        "description": content.get("description", ""),
        "skus": [_sku_answer(sim, sku, with_picture=True) for sku in skus],
        "product_attributes": _attributes_answer(content),
        "audit_failed_reasons": product.fail_reasons,
        "create_time": int(product.created), "update_time": int(product.updated),
        "product_types": [], "audit": {"status": product.audit, "pre_approved_reasons": []},
        "has_draft": False, "product_status": _pure_status(product), "is_not_for_sale": False,
        "is_cod_allowed": bool(content.get("is_cod_allowed", False)),
        "recommended_categories": [],
    }  # fmt: skip
    if brand:
        answer["brand"] = {"id": brand["id"], "name": brand["name"]}
    for name in ("package_dimensions", "package_weight", "external_product_id", "key_product_features",
                 "search_terms", "manufacturer_ids", "responsible_person_ids", "shipping_template_id"):  # fmt: skip
        if name in content:
            answer[name] = content[name]
    if content.get("size_chart", {}).get("image"):
        uri = content["size_chart"]["image"]["uri"]
        answer["size_chart"] = {"image": picture(sim.images.get(uri), uri)}
    if content.get("delivery_option_ids"):
        answer["delivery_options"] = [
            {"id": one, "name": "Standard shipping", "is_available": True} for one in content["delivery_option_ids"]
        ]
    if content.get("certifications"):
        names = {TREE.certificate_id(name): name for leaf in TREE.leaves() for name, _ in leaf.certificates}
        answer["certifications"] = [
            {"id": one["id"], "title": names.get(one["id"], ""),
             "images": [picture(sim.images.get(i["uri"]), i["uri"]) for i in one.get("images", [])]}
            for one in content["certifications"]
        ]  # fmt: skip
    return answer


def _pure_status(product: Product) -> str:
    return {"PENDING": "INITIAL", "FAILED": "INITIAL"}.get(product.status, product.status)


def _attributes_answer(content: dict[str, Any]) -> list[dict[str, Any]]:
    chain = TREE.chain(str(content.get("category_id", "")))
    known = {TREE.attribute_id(one): one for one in chain[-1].attributes} if chain else {}
    answer = []
    for one in content.get("product_attributes", []):
        attribute = known.get(one["id"])
        names = {TREE.value_id(attribute, value): value for value in attribute.values} if attribute else {}
        answer.append({
            "id": one["id"], "name": attribute.name if attribute else "",
            "values": [
                {"id": value.get("id") or "", "name": value.get("name") or names.get(value.get("id", ""), "")}
                for value in one["values"]
            ],
        })  # fmt: skip
    return answer


def _sku_answer(sim: State, sku: Sku, *, with_picture: bool = False) -> dict[str, Any]:
    text = money(sku.price, sku.currency)
    answer: dict[str, Any] = {
        "id": sku.id, "seller_sku": sku.seller_sku,
        "price": {"tax_exclusive_price": text, "sale_price": text, "currency": sku.currency},
        "inventory": [{"warehouse_id": one, "quantity": count} for one, count in sku.available.items()],
        "status_info": {"status": "NORMAL"},
    }  # fmt: skip
    if with_picture:
        answer["sales_attributes"] = [
            {
                **{name: one[name] for name in ("id", "name", "value_id", "value_name")},
                **({"sku_img": picture(sim.images.get(one["sku_img"]["uri"]), one["sku_img"]["uri"])} if "sku_img" in one else {}),
            }
            for one in sku.sales_attributes
        ]
        for name in ("external_sku_id", "identifier_code"):
            if name in sku.extra:
                answer[name] = sku.extra[name]
    if "list_price" in sku.extra:
        answer["list_price"] = sku.extra["list_price"]
    return answer


@operation(
    "SearchProducts", "POST", "/product/202502/products/search", "/product/202312/products/search",
    "/product/202309/products/search", scope="seller.product.basic",
    query={"page_size!": "int", "page_token": "str"},
    body={"status": "str", "seller_skus": ["str"], "sku_ids": ["str"], "create_time_ge": "int",
          "create_time_le": "int", "update_time_ge": "int", "update_time_le": "int", "audit_status": ["str"],
          "category_version": "str", "return_draft_version": "bool"},
)  # fmt: skip
def search(call: Call) -> dict[str, Any]:
    """Products by page. Times are inclusive at both ends; at most 10,000 can be reached."""
    sim, body = call.sim, call.body
    size = int(call.query["page_size"])
    if not 1 <= size <= 100:
        raise Failure(12019109, "the page size is invalid")
    if len(body.get("seller_skus") or []) > 10:
        raise Failure(12019027, "more than 10 seller_skus in the filter")
    if len(body.get("sku_ids") or []) > 10:
        raise Failure(12019087, "more than 10 sku_ids in the filter")
    for name, code in (("create_time", 12019118), ("update_time", 12019119)):
        low, high = body.get(f"{name}_ge"), body.get(f"{name}_le")
        if low is not None and high is not None and low > high:
            raise Failure(code, f"the filter of {name} is invalid")
    rows = [one for one in sim.products.values() if one.shop_id == call.shop.id and _is_found(sim, one, body)]
    rows.sort(key=lambda one: (one.created, one.id), reverse=True)
    start = token_offset(call.query.get("page_token", ""), 12019108)
    if start + size > SEARCH_DEPTH:
        raise Failure(12052180, "the search window is over 10,000")
    after = start + size
    return {
        "total_count": len(rows),
        "products": [
            {"id": one.id, "title": one.content.get("title", ""), "status": one.status,
             "skus": [_sku_answer(sim, sku) for sku in one.skus], "sales_regions": [call.shop.region],
             "create_time": int(one.created), "update_time": int(one.updated), "is_not_for_sale": False,
             "audit": {"status": one.audit}, "has_draft": False}
            for one in rows[start:after]
        ],
        "next_page_token": page_token(after) if after < len(rows) else "",
    }  # fmt: skip


def page_token(offset: int) -> str:
    """An opaque page token."""
    return base64.urlsafe_b64encode(f"o:{offset}".encode()).decode()


def token_offset(token: str, code: int) -> int:
    """Where a page token stands; a forged one is refused with the operation's code."""
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        return int(text.removeprefix("o:"))
    except ValueError:
        raise Failure(code, "the page token is invalid") from None


def _is_found(sim: State, product: Product, body: dict[str, Any]) -> bool:
    if not sim.is_visible(product.created):
        return False
    wanted = body.get("status") or "ALL"
    if wanted != "ALL" and product.status != wanted:
        return False
    skus, ids = body.get("seller_skus") or [], body.get("sku_ids") or []
    if skus and not any(sku.seller_sku in skus for sku in product.skus):
        return False
    if ids and not any(sku.id in ids for sku in product.skus):
        return False
    if body.get("audit_status") and product.audit not in body["audit_status"]:
        return False
    created, updated = int(product.created), int(product.updated)
    return body.get("create_time_ge", 0) <= created <= body.get("create_time_le", 1 << 62) and body.get(
        "update_time_ge", 0
    ) <= updated <= body.get("update_time_le", 1 << 62)


def _each(call: Call, needed: tuple[str, ...], then: Any) -> dict[str, Any]:
    """Do something to up to 20 products; failures of single ones come in `errors` under code 0."""
    ids = call.body.get("product_ids") or []
    if not 1 <= len(ids) <= 20:
        raise Failure(12019120, "the number of product ids is invalid: 1 to 20")
    errors = []
    for product_id in ids:
        try:
            product = call.product(product_id)
            if product.status not in needed:
                raise Failure(12052901, "the product's status does not allow this")
            then(product)
            product.updated = call.sim.now()
        except Failure as failure:
            errors.append({"code": failure.code, "message": failure.message, "detail": {"product_id": product_id}})
    return {"errors": errors} if errors else {}


_IDS = {"product_ids!": ["str"], "listing_platforms": ["str"]}


@operation("ActivateProduct", "POST", "/product/202309/products/activate", scope="seller.product.basic", body=_IDS)
def activate(call: Call) -> dict[str, Any]:
    """Back on sale: through a review again."""

    def do(product: Product) -> None:
        product.status, product.audit = "PENDING", "AUDITING"
        submit(call.sim, product)

    return _each(call, ("SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED"), do)


@operation("DeactivateProducts", "POST", "/product/202309/products/deactivate", scope="seller.product.basic", body=_IDS)
def deactivate(call: Call) -> dict[str, Any]:
    """Off sale by the seller."""

    def do(product: Product) -> None:
        product.status = "SELLER_DEACTIVATED"
        call.sim.notify(
            "PRODUCT_STATUS_CHANGE", call.shop,
            {"product_id": int(product.id), "status": "PRODUCT_STATUS_CHANGED", "update_time": int(call.sim.now())},
        )  # fmt: skip

    return _each(call, ("ACTIVATE",), do)


@operation(
    "DeleteProducts", "DELETE", "/product/202309/products", scope="seller.product.delete",
    body={"product_ids!": ["str"]},
)  # fmt: skip
def delete(call: Call) -> dict[str, Any]:
    """Delete; frozen products are refused."""

    def do(product: Product) -> None:
        product.status = "DELETED"

    return _each(call, ("DRAFT", "PENDING", "FAILED", "ACTIVATE", "SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED"), do)


@operation(
    "RecoverProducts", "POST", "/product/202309/products/recover", scope="seller.product.delete",
    body={"product_ids!": ["str"]},
)  # fmt: skip
def recover(call: Call) -> dict[str, Any]:
    """Deleted products come back switched off."""

    def do(product: Product) -> None:
        product.status = "SELLER_DEACTIVATED"

    return _each(call, ("DELETED",), do)


def _live(call: Call) -> Product:
    product = call.product(call.path["product_id"])
    if product.status != "ACTIVATE":
        raise Failure(12052901, "the product's status does not allow this: it is not live")
    return product


@operation(
    "UpdatePrice", "POST", "/product/202309/products/{product_id}/prices/update", scope="seller.product.write",
    body={"skus!": [{"id": "str", "price": {"amount": "str", "currency": "str", "sale_price": "str"}}]},
)  # fmt: skip
def update_price(call: Call) -> None:
    """New prices, live at once. Only for live products without a running promotion."""
    product = _live(call)
    if product.has_promotion:
        raise Failure(12052038, "the price is locked by a promotion")
    changes: dict[str, Decimal] = {}
    for one in call.body["skus"]:
        sku = _sku_of(call, product, one, 12052557)
        if sku.id in changes:
            raise Failure(12052553, "the SKU id is duplicated")
        changes[sku.id] = check_price(call, one.get("price"))
    if not changes:
        raise Failure(12052902, "the SKU list is empty")
    _set_prices(product, changes)
    product.updated = call.sim.now()


def _set_prices(product: Product, changes: dict[str, Decimal]) -> None:
    for sku in (*product.skus, *(product.waiting_skus or [])):
        sku.price = changes.get(sku.id, sku.price)


def _sku_of(call: Call, product: Product, given: dict[str, Any], code: int) -> Sku:
    sku = product.sku(given.get("id") or "")
    if sku is None:
        raise Failure(code, "the SKU id is not of this product")
    return sku


@operation(
    "UpdateInventory", "POST", "/product/202309/products/{product_id}/inventory/update",
    scope="seller.product.write", cipher="optional",
    body={"skus!": [{"id": "str", "inventory": [{"warehouse_id": "str", "quantity": "int"}]}]},
)  # fmt: skip
def update_inventory(call: Call) -> dict[str, Any]:
    """Absolute stock of a live product's SKUs. All warehouses of a SKU are sent; single failures come in `errors`."""
    product = _live(call)
    if not call.body["skus"]:
        raise Failure(12052902, "the SKU list is empty")
    errors = []
    seen: set[str] = set()
    for one in call.body["skus"]:
        try:
            sku = _sku_of(call, product, one, 12052556)
            if sku.id in seen:
                raise Failure(12052553, "the SKU id is duplicated")
            seen.add(sku.id)
            stock = check_stock(call, one.get("inventory"))
            if set(sku.available) - set(stock):
                raise Failure(12019028, "several warehouses: all of them are sent each time")
            sku.available = stock
            for waiting in product.waiting_skus or []:
                if waiting.id == sku.id:
                    waiting.available = stock
        except Failure as failure:
            errors.append({
                "code": failure.code, "message": failure.message,
                "detail": {"sku_id": one.get("id") or "", "extra_errors": []},
            })  # fmt: skip
    product.updated = call.sim.now()
    return {"errors": errors} if errors else {}


@operation(
    "InventorySearch", "POST", "/product/202309/inventory/search", scope="seller.product.basic",
    body={"product_ids": ["str"], "sku_ids": ["str"]},
)  # fmt: skip
def inventory_search(call: Call) -> dict[str, Any]:
    """Stock of products or SKUs; `sku_ids` wins. Available excludes what open orders hold."""
    product_ids, sku_ids = call.body.get("product_ids") or [], call.body.get("sku_ids") or []
    if len(product_ids) > 100 or len(sku_ids) > 600:
        raise Failure(12019120, "too many ids: 100 products or 600 SKUs")
    if not product_ids and not sku_ids:
        raise Failure(12019008, "product_ids or sku_ids are required")
    answer = []
    for product in call.sim.products.values():
        if product.shop_id != call.shop.id or product.status == "DELETED":
            continue
        skus = [
            sku for sku in product.skus
            if (sku.id in sku_ids if sku_ids else product.id in product_ids)
        ]  # fmt: skip
        if not skus:
            continue
        answer.append({
            "product_id": product.id,
            "skus": [
                {"id": sku.id, "seller_sku": sku.seller_sku,
                 "total_available_quantity": sum(sku.available.values()),
                 "total_committed_quantity": sum(sku.committed.values()),
                 "warehouse_inventory": [
                     {"warehouse_id": one, "available_quantity": count,
                      "committed_quantity": sku.committed.get(one, 0)}
                     for one, count in sku.available.items()
                 ]}
                for sku in skus
            ],
        })  # fmt: skip
    return {"inventory": answer}
