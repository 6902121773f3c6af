"""Full names of states and provinces, where TikTok Shop gives their two or three letters (ISO 3166-2)."""

from __future__ import annotations

from collections.abc import Mapping

_US = ("AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|"
       "GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|"
       "MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|"
       "NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|"
       "RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
       "WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa|GU Guam|MP Northern Mariana Islands|PR Puerto Rico|VI Virgin Islands")
_CA = ("AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|NT Northwest Territories|"
       "NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon")
_AU = ("ACT Australian Capital Territory|NSW New South Wales|NT Northern Territory|QLD Queensland|SA South Australia|TAS Tasmania|"
       "VIC Victoria|WA Western Australia")


def _table(text: str) -> dict[str, str]:
    return {code: name for code, _, name in (row.partition(" ") for row in text.split("|"))}


NAMES: Mapping[str, Mapping[str, str]] = {"US": _table(_US), "CA": _table(_CA), "AU": _table(_AU)}


def full_name(country: str, region: str) -> str:
    """``California`` for ``CA`` in the US; whatever is no abbreviation stays as it is."""
    return NAMES.get(country.upper(), {}).get(region.strip().upper(), region)
