"""How the webservice writes and reads: XML as the shop lays it out, JSON as PHP writes it, errors in both.

Numbers in JSON are texts on 8 and numbers on 9; an entity asked for alone without `display` leaves out every falsy
value in JSON (contract 2.3).
"""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hub.stores.prestashop.sandbox.schema import Association, Field, Resource

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<prestashop xmlns:xlink="http://www.w3.org/1999/xlink">\n'
TAIL = "</prestashop>\n"


class NotXml(Exception):
    """The request's body is no XML; `says` is the parser's word."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


def cdata(value: Any) -> str:
    """The value as character data."""
    text = "" if value is None or value is False else str(value)
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def xml_entity(resource: Resource, fields: list[Field], associations: list[tuple[Association, list[dict[str, Any]]]],
               row: dict[str, Any], api: str, languages: tuple[str, ...], extra: dict[str, str]) -> str:
    """One entity with these fields, indented as the shop does."""
    out = [f"<{resource.singular}>\n"]
    if row.get("id") is not None:
        out.append(f"\t<id>{cdata(row['id'])}</id>\n")
    for field in fields:
        value = row.get(field.name)
        link = ""
        if field.link and value not in (None, "", "0", 0):
            target = f"{field.link}/{row['id']}" if field.link == "images/products" else field.link
            link = f' xlink:href="{api}{target}/{value}"'
        if not field.filterable:
            link += ' notFilterable="true"'
        if field.i18n:
            texts = "".join(f'<language id="{each}" xlink:href="{api}languages/{each}">{cdata((value or {}).get(each))}'
                            "</language>" for each in languages)
            out.append(f"\t<{field.name}{link}>{texts}</{field.name}>\n")
        else:
            out.append(f"\t<{field.name}{link}>{cdata(value)}</{field.name}>\n")
    out += [f"\t<{name}>{cdata(value)}</{name}>\n" for name, value in extra.items()]
    if associations:
        out.append("<associations>\n" + "".join(_xml_list(each, rows, row, api) for each, rows in associations)
                   + "</associations>\n")
    out.append(f"</{resource.singular}>\n")
    return "".join(out)


def _xml_list(association: Association, rows: list[dict[str, Any]], owner: dict[str, Any], api: str) -> str:
    kind = f' nodeType="{association.node}"' + (
        f' api="{association.api}"' if association.api else ' virtualEntity="true"')
    if not rows:
        return f"<{association.name}{kind}/>\n"
    out = [f"<{association.name}{kind}>\n"]
    for row in rows:
        path = f"{association.api}/{row.get('id')}"
        if association.name == "images":
            path = f"images/products/{owner.get('id_product') or owner.get('id')}/{row['id']}"
        link = f' xlink:href="{api}{path}"' if association.api else ""
        names = (("id",) if association.has_id else ()) + association.fields
        out.append(f"\t<{association.node}{link}>\n"
                   + "".join(f"\t<{name}>{cdata(row.get(name))}</{name}>\n" for name in names)
                   + f"\t</{association.node}>\n")
    out.append(f"</{association.name}>\n")
    return "".join(out)


def json_entity(fields: list[Field], associations: list[tuple[Association, list[dict[str, Any]]]],
                row: dict[str, Any], languages: tuple[str, ...], extra: dict[str, str], *, numbers: bool,
                leave_out: bool) -> dict[str, Any]:
    """One entity as the shop's JSON has it."""
    found: dict[str, Any] = {}
    if row.get("id") is not None:
        found["id"] = row["id"]
    for field in fields:
        value = row.get(field.name)
        if field.i18n:
            texts = [{"id": int(each) if numbers else each, "value": (value or {}).get(each, "")}
                     for each in languages]
            value = texts if len(languages) > 1 else texts[0]["value"]
        elif field.name == "manufacturer_name" and not value:
            value = False
        elif field.name == "id_default_combination":
            value = int(value or 0)
        elif numbers and field.is_number and isinstance(value, str) and _is_whole(value):
            value = int(value)
        found[field.name] = value
    found |= extra
    if leave_out:
        found = {name: value for name, value in found.items() if value not in ("", "0", 0, None, False, [])}
    lists = {each.name: [_json_row(each, one, numbers) for one in rows] for each, rows in associations if rows}
    if lists:
        found["associations"] = lists
    return found


def _json_row(association: Association, row: dict[str, Any], numbers: bool) -> dict[str, Any]:
    names = (("id",) if association.has_id else ()) + association.fields
    return {name: int(row[name]) if numbers and _is_whole(str(row.get(name))) and not name.startswith("product_r")
            else str(row.get(name, "")) for name in names}


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdigit()


def php_json(value: Any) -> str:
    """JSON as PHP writes it: no spaces, ASCII, slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def xml_errors(errors: list[tuple[int, str]]) -> str:
    """An error document."""
    rows = "".join(f"<error>\n<code>{cdata(code)}</code>\n<message>{cdata(_quoted(says))}</message>\n</error>\n"
                   for code, says in errors)
    return HEAD + f"<errors>\n{rows}</errors>\n" + TAIL


def _quoted(says: str) -> str:
    return says.replace("->", "-&gt;")


def json_errors(errors: list[tuple[int, str]]) -> str:
    """The same in JSON."""
    return php_json({"errors": [{"code": code, "message": says} for code, says in errors]})


def xml_schema(resource: Resource, *, synopsis: bool, languages: tuple[str, ...]) -> str:
    """`?schema=synopsis` or `?schema=blank`."""
    out = [f"<{resource.singular}>\n"] + ([] if synopsis else [f"\t<id>{cdata('')}</id>\n"])
    for field in resource.fields:
        if synopsis and field.name in ("manufacturer_name", "quantity", "type", "new"):
            continue
        marks = ""
        if synopsis:
            marks += ' required="true"' if field.required else ""
            marks += f' maxSize="{field.max_size}"' if field.max_size else ""
            marks += f' format="{field.format}"' if field.format else ""
            marks += ' readOnly="true"' if field.read_only else ""
            marks += "" if field.filterable else ' notFilterable="true"'
        inner = "".join(f'<language id="{each}">{cdata("")}</language>' for each in languages) if field.i18n else cdata("")
        out.append(f"\t<{field.name}{marks}>{inner}</{field.name}>\n")
    return HEAD + "".join(out) + f"</{resource.singular}>\n" + TAIL


def read_entity(text: str, resource: Resource) -> dict[str, Any]:
    """What a write carries: texts, `{language: text}` and `associations`; raises NotXml."""
    text = text.removeprefix("xml=").strip()
    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException):
        raise NotXml("String could not be parsed as XML") from None
    node = root if root.tag == resource.singular else root.find(resource.singular)
    if node is None:
        node = root[0] if len(root) else root
    given: dict[str, Any] = {}
    for child in node:
        if child.tag == "associations":
            given["associations"] = {each.tag: [{field.tag: (field.text or "").strip() for field in one}
                                                for one in each] for each in child}
        elif child.findall("language"):
            given[child.tag] = {each.get("id", ""): each.text or "" for each in child.findall("language")}
        else:
            given[child.tag] = child.text or ""
    return given

