"""The name that a seller's cancellation must give as its reason, by market and order status (contract 11)."""

from __future__ import annotations

from hub.domain.orders import OrderState

OUT_OF_STOCK = "out_of_stock"
_EU = frozenset({"DE", "ES", "FR", "IE", "IT"})
_ALL = frozenset({"BR", "ID", "JP", "MX", "MY", "PH", "SG", "TH", "US", "VN", "GB", *_EU})

# (our reason, is unpaid) → the wire's name and the markets that know it; the UK's names end in `_uk`.
_NAMES: dict[tuple[str, bool], tuple[tuple[str, frozenset[str]], ...]] = {
    (OUT_OF_STOCK, True): (("seller_cancel_unpaid_reason_out_of_stock", _ALL),),
    (OUT_OF_STOCK, False): (("seller_cancel_reason_out_of_stock", _ALL),),
    ("wrong_price", True): (("seller_cancel_unpaid_reason_wrong_price", _ALL - {"MX"}),),
    ("wrong_price", False): (("seller_cancel_reason_wrong_price", _ALL - {"BR", "MX"}),),
    ("address", False): (
        ("seller_cancel_paid_reason_address_not_deliver", _ALL - {"SG"}),
        ("seller_cancel_unable_to_deliver_to_buyer_address", frozenset({"SG"})),
    ),
    ("buyer_asked", True): (
        (
            "seller_cancel_unpaid_reason_buyer_requested_cancellation",
            frozenset({"BR", "JP", "MX", "PH", "US", *_EU}),
        ),
    ),
    ("buyer_asked", False): (
        (
            "seller_cancel_paid_reason_buyer_requested_cancellation",
            frozenset({"BR", "JP", "MX", "PH", "US", *_EU}),
        ),
    ),
    ("unpaid", True): (("seller_cancel_unpaid_reason_buyer_hasnt_paid_within_time_allowed", _ALL - {"SG"}),),
    ("fraud", False): (("seller_cancel_order_reason_potential_fraud", frozenset({"JP"})),),
}


def reason_name(reason: str, region: str, state: OrderState) -> str:
    """The wire's name for our reason; lack of stock, known everywhere, where the market has none like it.

    A name of the wire is taken as it is.
    """
    if reason.startswith("seller_cancel_"):
        return reason
    market = "GB" if region == "UK" else region
    is_unpaid = state is OrderState.UNPAID
    for wanted in (reason, OUT_OF_STOCK):
        for name, markets in _NAMES.get((wanted, is_unpaid), ()):
            if market in markets:
                return f"{name}_uk" if market == "GB" else name
    return _NAMES[OUT_OF_STOCK, is_unpaid][0][0]
