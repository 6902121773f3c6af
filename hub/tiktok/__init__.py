"""The client of the TikTok Shop API: values in, values of `hub.domain` out; raises only `hub.errors`.

Facts are those of the wire reference (sections are named at each call). A `TikTokShop` is one shop of a grant; its
parts name what it can do. A write names a crash point; which of them may be repeated is said at each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.tiktok.aftersales import Aftersales
from hub.tiktok.categories import Categories
from hub.tiktok.client import Caller
from hub.tiktok.hooks import Hooks
from hub.tiktok.keys import AppKeys, TokenSource
from hub.tiktok.logistics import Logistics
from hub.tiktok.orders import Orders
from hub.tiktok.products import Products


class TikTokShop:
    """One shop. ``cipher`` and ``region`` are `hub.tiktok.auth.ShopInfo`'s; ``api_options`` go to `hub.http.Api`.

    ``seller_type`` LOCAL or CROSS_BORDER decides how prices are named; ``has_us_shop`` that a cross-border seller
    also sells in the US, which changes the category tree everywhere.
    """

    def __init__(
        self,
        app: AppKeys,
        tokens: TokenSource,
        cipher: str,
        region: str,
        api_options: Mapping[str, Any] | None = None,
        *,
        seller_type: str = "LOCAL",
        has_us_shop: bool = False,
    ) -> None:
        caller = Caller(
            app,
            tokens,
            cipher=cipher,
            region=region,
            seller_type=seller_type,
            has_us_shop=has_us_shop,
            api_options=api_options,
        )
        self.region = caller.region
        self.products = Products(caller)
        self.categories = Categories(caller)
        self.orders = Orders(caller)
        self.logistics = Logistics(caller)
        self.aftersales = Aftersales(caller)
        self.hooks = Hooks(caller)


__all__ = ["AppKeys", "TikTokShop", "TokenSource"]
