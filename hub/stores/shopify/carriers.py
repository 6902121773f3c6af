"""The carriers that Shopify knows by name and links tracking pages for; its spelling is exact (contracts/shopify.md 5)."""

from __future__ import annotations

NAMES: tuple[str, ...] = tuple(name.strip() for name in (
    "4PX · AGS · Amazon · Amazon Logistics UK · An Post · Anjun Logistics · APC · Aramex Australia · Asendia USA · Australia Post · Bluedart · "
    "BPost · BPost International · BRT · Canada Post · Canpar · CDL Last Mile · China Post · Chronopost · Colis Privé · Colissimo · Correios · "
    "Correos · Couriers Please · CTT · CTT Express · Delhivery · Deutsche Post · DHL · DHL eCommerce · DHL eCommerce Asia · DHL Express · "
    "DHL Parcel · DPD · DPD Ireland · DPD Local · DPD UK · DTDC · DX · Ecom Express · Ekart · Evri · Fastway · FedEx · GLS · GLS Italy · Hermes · "
    "Hunter Express · Inpost · Japan Post (EN) · La Poste Colissimo · Lasership · LSO · Mondial Relay · New Zealand Post · NinjaVan · "
    "Old Dominion · OnTrac · Packeta · Pandion · Parcelforce · Pitney Bowes · Poste Italiane · PostNL · PostNord DK · PostNord NO · "
    "PostNord SE · Purolator · R+L Carriers · Royal Mail · Sagawa (EN) · Sendle · SEUR · SF Express · Singapore Post · StarTrack · Swiship · "
    "Swiss Post · TForce Final Mile · TNT · Toll IPEC · Tuffnells · UPS · USPS · Venipak · Whistl · XpressBees · XPO Logistics · Yamato (EN) · "
    "Yodel · YunExpress").split("·"))


def exact(title: str) -> str:
    """Shopify's own spelling of a carrier's name; any other name stays as it is."""
    plain = title.strip()
    return _BY_FOLDED.get(plain.casefold(), plain)


_BY_FOLDED = {name.casefold(): name for name in NAMES}
