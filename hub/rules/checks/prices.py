"""Prices: each market's lowest and highest (contract 7.1), in its currency, with as many decimals as TikTok Shop takes."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from hub.domain.money import rounded
from hub.domain.problems import Problem, problem
from hub.domain.products import Offer, Variant

_RANGE = {"BR": ("0.5", "10000"), "DE": ("0.01", "6300"), "FR": ("0.01", "6300"), "IT": ("0.01", "6300"), "ES": ("0.01", "6300"),
          "IE": ("0.01", "6300"), "GB": ("0.01", "5600"), "US": ("0.01", "7600"), "MX": ("1", "50000"), "JP": ("1", "500000"),
          "ID": ("100", "100000000"), "MY": ("0.01", "320000"), "PH": ("0.01", "400000"), "SG": ("0.01", "10000"),
          "TH": ("30", "260000"), "VN": ("1", "180000000")}
_ANYWHERE = ("0.01", "99999999")
_WHOLE = {"IDR"}        # nobody pays parts of a rupiah, although the currency has them


def price_to_send(amount: Decimal, currency: str) -> Decimal:
    """A store's price as a buyer pays it, rounded half up."""
    if currency in _WHOLE:
        return amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return rounded(amount, currency)


def price_problem(variant: Variant, offer: Offer | None, region: str, currency: str) -> Problem | None:
    """What keeps this variant from being priced."""
    sku = variant.sku or variant.variant_id
    if offer is None or offer.effective_price <= 0:
        return problem("price.missing", sku=sku)
    if currency and offer.currency != currency:
        return problem("price.currency", sku=sku, currency=offer.currency, expected=currency)
    low, high = (Decimal(bound) for bound in _RANGE.get(region, _ANYWHERE))
    price = price_to_send(offer.effective_price, offer.currency)
    return None if low <= price <= high else problem("price.range", sku=sku, price=price, low=low, high=high)
