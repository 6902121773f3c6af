"""What a fresh sandbox starts with: one seller, a shop per market, warehouses, carriers, brands."""

from __future__ import annotations

from collections.abc import Sequence

from hub.tiktok.sandbox.catalogue import TREE, add_brand
from hub.tiktok.sandbox.state import Seller, Shop, State, Warehouse

CURRENCIES = {
    "US": "USD", "GB": "GBP", "JP": "JPY", "DE": "EUR", "FR": "EUR", "ES": "EUR", "IT": "EUR", "IE": "EUR",
    "BR": "BRL", "MX": "MXN", "ID": "IDR", "MY": "MYR", "PH": "PHP", "SG": "SGD", "TH": "THB", "VN": "VND",
}  # fmt: skip

PROVIDERS = {
    "US": ("USPS", "UPS", "FedEx", "DHL eCommerce", "OnTrac", "LaserShip"),
    "GB": ("Royal Mail", "Evri", "DPD UK", "DHL UK", "Yodel"),
    "JP": ("Yamato Transport", "Sagawa Express", "Japan Post"),
}
_EUROPE = ("DHL", "DPD", "GLS", "UPS", "Hermes", "La Poste")

ADDRESSES = {
    "US": {"region": "United States", "state": "Texas", "city": "Austin", "postal_code": "78701",
           "line": "100 Sample Street", "phone": "(+1)5125550100"},
    "GB": {"region": "United Kingdom", "state": "England", "city": "Leeds", "postal_code": "LS1 4DY",
           "line": "1 Sample Road", "phone": "(+44)1135550100"},
    "JP": {"region": "Japan", "state": "Osaka", "city": "Osaka", "postal_code": "530-0001",
           "line": "1-1 Sample", "phone": "(+81)665550100"},
}  # fmt: skip
_ELSEWHERE = {"region": "", "state": "State", "city": "City", "postal_code": "10000", "line": "1 Sample Street",
              "phone": "(+49)305550100"}  # fmt: skip


def address_of(region: str) -> dict[str, str]:
    """A place of this market, invented."""
    return ADDRESSES.get(region, {**_ELSEWHERE, "region": region})


def providers(region: str) -> list[dict[str, str]]:
    """The carriers a seller of this market may name, with ids that stay the same."""
    names = PROVIDERS.get(region, _EUROPE)
    base = 7117858858072000000 + sum(ord(char) for char in region) * 1000
    return [{"id": str(base + place), "name": name} for place, name in enumerate(names, 1)]


def platform_provider(region: str) -> dict[str, str]:
    """The carrier behind TikTok's own labels in this market."""
    first = providers(region)[0]
    return {"id": first["id"], "name": first["name"]}


def open_shops(sim: State, regions: Sequence[str]) -> None:
    """One seller with a shop in each of these markets, each with two sales warehouses and one for returns."""
    home = regions[0]
    seller = Seller("7494000000000000001", "Sandbox Seller", home, f"{home.lower()}sandboxopenid0000001")
    sim.sellers[seller.id] = seller
    for place, region in enumerate(regions, 1):
        shop_id = str(7494049642642441600 + sim.settings["seed"] % 1000 * 10 + place)
        prefix = "TTP" if region == "US" else "ROW"
        shop = Shop(
            shop_id, f"Sandbox Shop {region}", region, CURRENCIES[region],
            f"{prefix}_sbx{sim.random.getrandbits(48):012x}==", f"{region}LC{sim.random.randrange(10**6):06d}",
            seller.id,
        )  # fmt: skip
        base = int(shop_id) + 5_000_000 + place * 100      # shops' numbers are neighbours, those of their places are not
        shop.warehouses = [
            Warehouse(str(base + 1), f"{region} main warehouse", "SALES_WAREHOUSE", True),
            Warehouse(str(base + 2), f"{region} return desk", "RETURN_WAREHOUSE", True),
        ]
        shop.delivery_option_id = str(base + 9)
        sim.shops[shop.id] = shop
        seller.shop_ids.append(shop.id)
    root = next(iter(TREE.categories.values()))
    add_brand(sim, "Northwind Practice", authorized=True)
    add_brand(sim, "Luma", authorized=True)
    add_brand(sim, "Harbour & Pine", authorized=True)
    add_brand(sim, "Everyday Works")
    add_brand(sim, "Grand Atelier", t1=True)
    add_brand(sim, "Womenswear House", authorized=True, category_ids=(root.id,))
    add_brand(sim, "Old Mill", authorized=True, expired=True)
