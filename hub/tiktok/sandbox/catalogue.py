"""Categories, recommendation, attributes, rules and brands (contract 5.2)."""

from __future__ import annotations

import re
from typing import Any

from hub.tiktok.sandbox.gateway import Call, Failure, operation
from hub.tiktok.sandbox.state import State
from hub.tiktok.sandbox.tree import Category, Tree, build

TREE: Tree = build()
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")


def check_version(call: Call, version: str) -> None:
    """Refuse the wrong category_version: v2 where the seller has an active US shop, else v1 (contract 13.14)."""
    if (version or "v1") != call.sim.category_version(call.shop):
        raise Failure(12052217, "wrong category_version for this seller")


def leaf(category_id: str) -> Category:
    """The leaf category of this id, or the refusal."""
    category = TREE.categories.get(category_id)
    if category is None:
        raise Failure(12052023, "the category does not exist")
    if not category.is_leaf:
        raise Failure(12052024, "the category is not a leaf category")
    return category


@operation(
    "GetCategories", "GET", "/product/202309/categories", scope="seller.product.basic",
    query={"locale": "str", "keyword": "str", "category_version": "v1|v2", "listing_platform": "str",
           "include_prohibited_categories": "bool"},
)  # fmt: skip
def categories(call: Call) -> dict[str, Any]:
    """The tree, flat. Prohibited leaves are left out unless asked for."""
    check_version(call, call.query.get("category_version", ""))
    keyword = call.query.get("keyword", "").lower()
    with_prohibited = call.query.get("include_prohibited_categories", "").lower() == "true"
    return {
        "categories": [
            {"id": one.id, "parent_id": one.parent_id, "local_name": one.name, "is_leaf": one.is_leaf,
             "permission_statuses": [one.permission]}
            for one in TREE.categories.values()
            if keyword in one.name.lower() and (with_prohibited or one.permission != "PROHIBITED")
        ]
    }  # fmt: skip


@operation(
    "RecommendCategory", "POST", "/product/202309/categories/recommend", scope="seller.product.basic",
    cipher="optional",
    body={"product_title": "str", "description": "str", "images": [{"uri": "str"}], "category_version": "str",
          "listing_platform": "str", "include_prohibited_categories": "bool"},
)  # fmt: skip
def recommend(call: Call) -> dict[str, Any]:
    """The leaf whose words fit the title best; the description decides where the title says nothing."""
    check_version(call, str(call.body.get("category_version", "")))
    title, description = call.body.get("product_title", ""), call.body.get("description", "")
    if not title.strip():
        raise Failure(12052261, "the title is empty")
    if len(title) > 300:
        raise Failure(12052051, "the title is too long")
    if len(description) > 10_000:
        raise Failure(12052013, "the description is too long")
    if _CHINESE.search(title):
        raise Failure(12052262, "the title contains Chinese")
    for image in call.body.get("images", []):
        if image.get("uri") not in call.sim.images:
            raise Failure(12052300, "the main image uri is illegal")
    found = best_leaf(title) or best_leaf(re.sub(r"<[^>]+>", " ", description))
    if found is None:
        raise Failure(12019064, "no category matches the content")
    return {
        "leaf_category_id": found.id,
        "categories": [
            {"id": one.id, "name": one.name, "level": level, "is_leaf": one.is_leaf,
             "permission_statuses": [one.permission]}
            for level, one in enumerate(TREE.chain(found.id), 1)
        ],
    }  # fmt: skip


def best_leaf(text: str) -> Category | None:
    """The open leaf with the best fitting word: more words first, then the longest, then the last in the text."""
    said = _WORD.findall(text.lower().replace("'s", "").replace("’s", ""))
    # A word with a hyphen is found whole and by its parts: "v-tee" is a tee, "t-shirt" stays one.
    said = [part for word in said for part in (*(word.split("-") if "-" in word else ()), word)]
    said = [word if not word.endswith("s") or word.endswith("ss") else word[:-1] for word in said]
    best: tuple[tuple[int, int, int], Category] | None = None
    for one in TREE.leaves():
        if one.permission == "PROHIBITED":
            continue
        for phrase in one.words:
            parts = [p if not p.endswith("s") or p.endswith("ss") else p[:-1] for p in _WORD.findall(phrase)]
            if not parts or not all(part in said for part in parts):
                continue
            last = max(len(said) - 1 - said[::-1].index(part) for part in parts)
            score = (len(parts), last, len(phrase))
            if best is None or score > best[0]:
                best = (score, one)
    return best[1] if best else None


@operation(
    "GetAttributes", "GET", "/product/202309/categories/{category_id}/attributes", scope="seller.product.basic",
    query={"locale": "str", "category_version": "v1|v2"},
)  # fmt: skip
def attributes(call: Call) -> dict[str, Any]:
    """A leaf's attributes. The wire spells `is_requried` (contract 13.5)."""
    check_version(call, call.query.get("category_version", ""))
    category = leaf(call.path["category_id"])
    by_name = {one.name: one for one in category.attributes if not one.is_sales}
    answer = []
    for one in category.attributes:
        row: dict[str, Any] = {
            "id": TREE.attribute_id(one), "name": one.name,
            "type": "SALES_PROPERTY" if one.is_sales else "PRODUCT_PROPERTY",
            "is_requried": one.required, "is_customizable": one.custom, "is_multiple_selection": one.multiple,
            "values": [{"id": TREE.value_id(one, value), "name": value} for value in one.values],
        }  # fmt: skip
        if one.is_number:
            row["value_data_format"] = "POSITIVE_INT_OR_DECIMAL"
        if one.required_if:
            parent = by_name[one.required_if[0]]
            row["requirement_conditions"] = [
                {"condition_type": "VALUE_ID_MATCH", "attribute_id": TREE.attribute_id(parent),
                 "attribute_value_id": TREE.value_id(parent, one.required_if[1])}
            ]  # fmt: skip
        answer.append(row)
    return {"attributes": answer}


@operation(
    "GetCategoryRules", "GET", "/product/202309/categories/{category_id}/rules", scope="seller.product.basic",
    query={"locale": "str", "category_version": "v1|v2"},
)  # fmt: skip
def rules(call: Call) -> dict[str, Any]:
    """A leaf's certificates, size chart and package rules. Here the spelling is `is_required`."""
    check_version(call, call.query.get("category_version", ""))
    category = leaf(call.path["category_id"])
    is_european = call.shop.region in ("DE", "ES", "FR", "IE", "IT")
    return {
        "product_certifications": [
            {"id": TREE.certificate_id(name), "name": name, "is_required": required,
             "document_details": f"A picture or PDF of the {name.lower()}.", "expiration_date": {"is_required": False}}
            for name, required in category.certificates
        ],
        "size_chart": {"is_supported": category.takes_size_chart, "is_required": category.needs_size_chart},
        "cod": {"is_supported": False},
        "package_dimension": {"is_required": category.needs_dimensions},
        "epr": {"is_required": False},
        "responsible_person": {"is_required": is_european},
        "manufacturer": {"is_required": is_european},
    }  # fmt: skip


@operation(
    "GetBrands", "GET", "/product/202309/brands", scope="seller.product.basic",
    query={"category_id": "str", "is_authorized": "bool", "brand_name": "str", "page_size!": "int",
           "page_token": "str", "category_version": "v1|v2"},
)  # fmt: skip
def brands(call: Call) -> dict[str, Any]:
    """Brands by page; `brand_status` only with a category. The wire spells UNAUTHORIEZD (contract 13.5)."""
    check_version(call, call.query.get("category_version", ""))
    size = int(call.query["page_size"])
    if not 1 <= size <= 100:
        raise Failure(12019109, "the page size is invalid")
    token = call.query.get("page_token", "")
    if token and not token.isdigit():
        raise Failure(12019108, "the page token is invalid")
    category_id = call.query.get("category_id", "")
    if category_id:
        leaf(category_id)
    rows = []
    for brand in call.sim.brands.values():
        if call.query.get("brand_name", "").lower() not in brand["name"].lower():
            continue
        wanted = call.query.get("is_authorized", "").lower()
        if wanted and (wanted == "true") != brand["authorized"]:
            continue
        row = {"id": brand["id"], "name": brand["name"], "is_t1_brand": brand["t1"],
               "authorized_status": "AUTHORIZED" if brand["authorized"] else "UNAUTHORIEZD"}  # fmt: skip
        if category_id:
            row["brand_status"] = "AVAILABLE" if brand_fits(brand, category_id) else "UNAVAILABLE"
        rows.append(row)
    start = int(token or 0)
    after = start + size
    return {
        "brands": rows[start:after], "total_count": len(rows),
        "next_page_token": str(after) if after < len(rows) else "",
    }  # fmt: skip


def brand_fits(brand: dict[str, Any], category_id: str) -> bool:
    """Whether a brand's authorisation covers this category: none named covers all."""
    roots = {one.id for one in TREE.chain(category_id)}
    return not brand["category_ids"] or bool(roots & set(brand["category_ids"]))


@operation(
    "CreateCustomBrands", "POST", "/product/202309/brands", scope="seller.product.basic", cipher="none",
    body={"name": "str"},
)  # fmt: skip
def create_brand(call: Call) -> dict[str, Any]:
    """A brand of the seller's own."""
    name = call.body.get("name", "").strip()
    if len(name) < 2:
        raise Failure(12052189, "the brand name has fewer than 2 characters")
    if len(name) > 30:
        raise Failure(12052190, "the brand name has more than 30 characters")
    if re.search(r"\d{5}", name):
        raise Failure(12052192, "the brand name has 5 digits in a row")
    if _CHINESE.search(name):
        raise Failure(12052204, "the brand name is invalid")
    if any(brand["name"].lower() == name.lower() for brand in call.sim.brands.values()):
        raise Failure(12052205, "the brand exists")
    return {"id": add_brand(call.sim, name)}


def add_brand(
    sim: State, name: str, *, authorized: bool = False, t1: bool = False, category_ids: tuple[str, ...] = (),
    expired: bool = False,
) -> str:  # fmt: skip
    """A brand; `t1` ones may be used only when authorised, `category_ids` limits the authorisation."""
    brand_id = sim.new_id("brand")
    sim.brands[brand_id] = {
        "id": brand_id, "name": name, "authorized": authorized, "t1": t1, "expired": expired,
        "category_ids": list(category_ids),
    }  # fmt: skip
    return brand_id
