"""Writes signature.json and money.json, the vectors that the Python and the PHP tests read alike.

    python tests/vectors/make.py

Computed here in a few lines of its own, from the plugin contract's words, and with no import from the project: an
error in the hub or in a plugin cannot hide in its own vectors. Running it again gives the same files.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LABELS = {"k2": "shopbridge hub to plugin v1", "k3": "shopbridge plugin answer v1", "k4": "shopbridge hub answer v1"}


def mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def secret_text(seed: str) -> str:
    """32 bytes whose base64 is letters and digits but for the closing `=`."""
    number = 0
    while True:
        raw = hashlib.sha256(f"{seed} {number}".encode()).digest()
        text = base64.b64encode(raw).decode()
        if text[:-1].isalnum():
            return text
        number += 1


def keys(k1: bytes) -> dict[str, str]:
    return {"k1": k1.hex(), **{name: mac(k1, label.encode()).hex() for name, label in LABELS.items()}}


def signed(key: bytes, message_id: str, stamp: int, body: str) -> dict[str, Any]:
    text = f"{message_id}.{stamp}.{body}".encode()
    return {"webhook-id": message_id, "webhook-timestamp": str(stamp), "body": body,
            "webhook-signature": "v1," + base64.b64encode(mac(key, text)).decode()}


def signatures() -> dict[str, Any]:
    text = secret_text("shopbridge vector one")
    other = secret_text("shopbridge vector two")
    app_secret = "q7m2ZtR0vB5nK8xW1cY4dF6gH9jL3pSa"
    k1 = base64.b64decode(text)
    derived = {name: mac(k1, label.encode()) for name, label in LABELS.items()}
    app1 = app_secret.encode("ascii")
    event = ('{"plugin":"prestashop/1.0.0","events":[{"id":"01KAG3W2T0Q4Y3N5X7Z9B1D3F5","type":"stock.changed",'
             '"at":"2026-11-20T12:00:00Z","seq":4711,"store":"default","subject":{"kind":"product","id":"42",'
             '"variant_id":"57","sku":"24-MB01-XS"},"via":"api","hint":{"qty":"3"}}]}')
    call = '{"do":"orders.find","with":{"key":"576461413038785752"}}'
    answer = '{"order_id":"6","number":"XKBKNABJK","state":"paid"}'
    unicode_body = '{"title":"Café – 茶 🫖","note":"line\\nline"}'
    stamp = 1795780800
    return {
        "about": "Plugin contract, section 1. Keys are hexadecimal; a signature covers id.timestamp.body.",
        "secrets": [
            {"name": "webhook url", "secret": f"whsec_{text}", **keys(k1)},
            {"name": "another webhook url", "secret": f"whsec_{other}", **keys(base64.b64decode(other))},
            {"name": "app secret, not decoded", "secret": app_secret, **keys(app1)},
        ],
        "messages": [
            {"name": "event batch, plugin to hub", "key": "k1", "secret": f"whsec_{text}",
             **signed(k1, "msg_01KAG3W2T0Q4Y3N5X7Z9B1D3F6", stamp, event)},
            {"name": "the same batch tried again", "key": "k1", "secret": f"whsec_{text}",
             **signed(k1, "msg_01KAG3W2T0Q4Y3N5X7Z9B1D3F6", stamp + 61, event)},
            {"name": "call, hub to plugin", "key": "k2", "secret": f"whsec_{text}",
             **signed(derived["k2"], "call_7f3c1b", stamp, call)},
            {"name": "answer of the plugin", "key": "k3", "secret": f"whsec_{text}",
             **signed(derived["k3"], "call_7f3c1b", stamp + 1, answer)},
            {"name": "answer to hello", "key": "k4", "secret": f"whsec_{text}",
             **signed(derived["k4"], "msg_hello", stamp + 2, '{"api_url":"https://hub.example/api/v1"}')},
            {"name": "event batch in the app way", "key": "k1", "secret": app_secret,
             **signed(app1, "msg_app", stamp, event)},
            {"name": "bytes beyond ASCII", "key": "k2", "secret": f"whsec_{other}",
             **signed(mac(base64.b64decode(other), LABELS["k2"].encode()), "call_utf8", stamp, unicode_body)},
            {"name": "empty body", "key": "k1", "secret": f"whsec_{text}", **signed(k1, "msg_empty", stamp, "")},
        ],
        "wrong": [
            {"name": "signed with K1 where K2 is due", "key": "k2", "secret": f"whsec_{text}",
             **signed(k1, "call_7f3c1b", stamp, call)},
            {"name": "an answer reflected as a call", "key": "k2", "secret": f"whsec_{text}",
             **signed(derived["k3"], "call_7f3c1b", stamp, call)},
            {"name": "body changed after signing", "key": "k1", "secret": f"whsec_{text}",
             **{**signed(k1, "msg_changed", stamp, event), "body": event.replace("4711", "4712")}},
            {"name": "timestamp changed after signing", "key": "k1", "secret": f"whsec_{text}",
             **{**signed(k1, "msg_later", stamp, event), "webhook-timestamp": str(stamp + 1)}},
        ],
    }


def line(ids: list[str], sku: str, gross: str, seller: str, platform: str, tax: str) -> dict[str, Any]:
    net = Decimal(gross) - Decimal(seller) - Decimal(platform)
    return {"line_ids": ids, "product_id": sku[-1], "variant_id": sku[-1], "sku": sku, "title": f"Item {sku}",
            "quantity": len(ids), "gross": gross, "seller_discount": seller, "platform_discount": platform,
            "net": str(net), "tax": tax, "virtual": False}


def order(key: str, currency: str, included: bool, lines: list[dict[str, Any]], shipping: dict[str, str],
          fees: list[dict[str, str]], remitted_by: str = "seller") -> dict[str, Any]:
    ship = {"title": "TikTok Standard", "code": "standard", "gross": "0.00", "seller_discount": "0.00",
            "platform_discount": "0.00", "cofunded_discount": "0.00", "tax": "0.00", **shipping}
    ship["net"] = str(Decimal(ship["gross"]) - Decimal(ship["seller_discount"])
                      - Decimal(ship["platform_discount"]) - Decimal(ship["cofunded_discount"]))
    body = {
        "key": key, "shop": {"id": "7495000000000000001", "region": "GB" if currency == "GBP" else "US"},
        "store": "default", "placed_at": "2026-11-20T12:00:00Z", "paid_at": "2026-11-20T12:01:00Z",
        "currency": currency, "prices_include_tax": included, "tax_remitted_by": remitted_by, "state": "paid",
        "hold_until": None, "ship_by": "2026-11-22T12:00:00Z", "shipping_type": "seller", "lines": lines,
        "shipping": ship, "fees": fees, "totals": {},
        "buyer": {"name": "J*** D***", "email": "v1abc@scs.tiktokw.us", "phone": "(+1)2*****67"},
        "ship_to": {"name": "J*** D***", "lines": ["1*** High Street"], "city": "London", "region": "",
                    "postcode": "SW1A 1AA", "country": "GB", "phone": "(+44)7*****67"},
        "bill_to": None, "payment": {"title": "TikTokPAY", "transaction_id": key}, "allow_backorder": True, "note": ""}
    body["totals"] = totals(body)
    return body


def totals(body: dict[str, Any]) -> dict[str, str]:
    goods = sum((Decimal(each["net"]) for each in body["lines"]), Decimal(0))
    fees = sum((Decimal(each["amount"]) for each in body["fees"]), Decimal(0))
    tax = (sum((Decimal(each["tax"]) for each in body["lines"] + body["fees"]), Decimal(0))
           + Decimal(body["shipping"]["tax"]))
    shipping = Decimal(body["shipping"]["net"])
    grand = goods + shipping + fees + (Decimal(0) if body["prices_include_tax"] else tax)
    places = Decimal(1) if body["currency"] == "JPY" else Decimal("0.01")
    given = {"goods": goods, "shipping": shipping, "fees": fees, "tax": tax, "grand": grand}
    return {name: str(value.quantize(places)) for name, value in given.items()}


def changed(body: dict[str, Any], path: str, value: str) -> dict[str, Any]:
    """A copy with one value exchanged; `path` is dotted, list places as numbers."""
    fresh = copy.deepcopy(body)
    at: Any = fresh
    *parents, last = path.split(".")
    for name in parents:
        at = at[int(name) if isinstance(at, list) else name]
    at[last] = value
    return fresh


def money() -> dict[str, Any]:
    contract = order(
        "576461413038785752", "USD", False,
        [line(["577000000000000001", "577000000000000002"], "SKU-1", "72.00", "4.00", "0.00", "2.80")],
        {"gross": "4.99"}, [{"code": "retail_delivery_fee", "title": "Retail delivery fee", "amount": "0.28",
                             "tax": "0.00"}], "tiktok")
    both = order(
        "576461413038785753", "USD", False,
        [line(["577000000000000011"], "SKU-1", "20.00", "1.50", "2.25", "1.33"),
         line(["577000000000000012", "577000000000000013", "577000000000000014"], "SKU-2", "29.97", "0.00", "0.03",
              "2.47")],
        {"gross": "5.99", "seller_discount": "1.00", "platform_discount": "2.00", "cofunded_discount": "0.99",
         "tax": "0.17"},
        [{"code": "small_order_fee", "title": "Small order fee", "amount": "1.10", "tax": "0.09"},
         {"code": "other", "title": "Other TikTok Shop charges", "amount": "-0.40", "tax": "0.00"}], "tiktok")
    included = order(
        "576461413038785754", "GBP", True,
        [line(["577000000000000021"], "SKU-1", "18.00", "0.00", "3.00", "2.50"),
         line(["577000000000000022"], "SKU-2", "9.99", "0.00", "0.00", "1.67")],
        {"gross": "3.49", "tax": "0.58"}, [])
    untaxed = order(
        "576461413038785755", "GBP", True, [line(["577000000000000031"], "SKU-2", "0.01", "0.00", "0.00", "0.00")],
        {}, [])
    free = order(
        "576461413038785756", "USD", False, [line(["577000000000000041"], "SKU-2", "12.00", "2.00", "10.00", "0.00")],
        {"gross": "3.00", "platform_discount": "3.00"}, [])
    yen = order(
        "576461413038785757", "JPY", True, [line(["577000000000000051"], "SKU-1", "1980", "0", "180", "164")],
        {"gross": "500", "tax": "45", "seller_discount": "0", "platform_discount": "0", "cofunded_discount": "0"},
        [{"code": "pfand", "title": "Deposit", "amount": "25", "tax": "0"}])
    valid = [
        ("the contract's example", contract), ("every discount and a negative fee", both),
        ("tax inside the prices", included), ("no tax at all, one penny", untaxed),
        ("a free order", free), ("a currency without decimals", yen)]
    contradictory = [
        ("a line's net", "line_sum", both, "lines.0.net", "16.26"),
        ("a line's gross", "line_sum", both, "lines.1.gross", "29.98"),
        ("a line's seller discount", "line_sum", both, "lines.0.seller_discount", "1.51"),
        ("a line's platform discount", "line_sum", both, "lines.0.platform_discount", "2.24"),
        ("the shipping's net", "shipping_sum", both, "shipping.net", "2.01"),
        ("the co-funded shipping discount", "shipping_sum", both, "shipping.cofunded_discount", "0.98"),
        ("the total of goods", "goods_sum", both, "totals.goods", "46.20"),
        ("the total of shipping", "shipping_sum", both, "totals.shipping", "2.01"),
        ("the total of fees", "fees_sum", both, "totals.fees", "0.71"),
        ("the total of tax", "tax_sum", both, "totals.tax", "4.07"),
        ("the grand total", "grand_sum", both, "totals.grand", "52.96"),
        ("a tax without its total", "tax_sum", both, "lines.0.tax", "1.34"),
        ("a fee without its total", "fees_sum", both, "fees.1.amount", "-0.41"),
        ("tax added though prices include it", "grand_sum", included, "totals.grand", "36.23"),
        ("tax left out though prices exclude it", "grand_sum", contract, "totals.grand", "73.27"),
    ]
    cases = [{"name": name, "verdict": "accepted", "totals": body["totals"], "body": body} for name, body in valid]
    for name, code, body, path, value in contradictory:
        wrong = changed(body, path, value)
        assert wrong != body, f"{name} changes nothing"
        cases.append({"name": f"wrong: {name}", "verdict": "refused", "code": code, "where": path,
                      "repair": _at(body, path), "body": wrong})
    return {"about": "orders.create bodies, plugin contract section 3. A refused body is repaired by putting `repair` "
                     "at `where`; `code` is the problem that must be among those answered.", "cases": cases}


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body[int(name) if isinstance(body, list) else name]
    return body


def main() -> None:
    for name, content in (("signature.json", signatures()), ("money.json", money())):
        (HERE / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
