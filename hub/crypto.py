"""Secrets at rest: a ring of keys and an authenticated envelope bound to its row.

A sealed value is text: `s1.<key id>.<base64url of nonce and AES-256-GCM ciphertext>`. The *place* (for example
`connection.credentials:41`) and the key's id are associated data: a ciphertext that is moved to another row, another
column or under another key id does not open (reliability goal S-06).

A key ring is written `id:base64key,id2:base64key2`. The first key seals; all of them open. To rotate: put a new key
in front, run `shopbridge rotate-keys`, then take the old key away (S-07).
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = "s1"
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class BadKeyRing(ValueError):
    """The text of a key ring cannot be used; the message says why and never shows a key."""


class CannotUnseal(Exception):
    """A sealed value does not open here: moved, altered, or sealed with a key that is not on the ring."""


class KeyRing:
    """Keys by id, the first of which seals."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise BadKeyRing("the key ring is empty")
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise BadKeyRing("a key's id has letters, digits, _ and - only, at most 32 of them")
            if len(key) != KEY_BYTES:
                raise BadKeyRing(f"key {key_id} has {len(key)} bytes, not {KEY_BYTES}")
            if len(set(key)) < 12:
                raise BadKeyRing(f"key {key_id} is not random")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.first = next(iter(self._ciphers))

    @classmethod
    def from_string(cls, text: str) -> KeyRing:
        """Read `id:base64key,id2:base64key2`; raises BadKeyRing."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            key_id, colon, encoded = part.partition(":")
            if not colon:
                raise BadKeyRing("each key is written id:base64key")
            if key_id in keys:
                raise BadKeyRing(f"the key id {key_id} is there twice")
            try:
                keys[key_id] = base64.b64decode(encoded, altchars=b"-_", validate=True)
            except (binascii.Error, ValueError):
                raise BadKeyRing(f"key {key_id} is not base64") from None
        return cls(keys)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._ciphers)})"

    def seal(self, clear: str, place: str) -> str:
        """Seal this text for this place (`table.column:row`) with the first key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        box = self._ciphers[self.first].encrypt(nonce, clear.encode(), _bound_to(self.first, place))
        return f"{_FORMAT}.{self.first}.{base64.urlsafe_b64encode(nonce + box).decode()}"

    def unseal(self, sealed: str, place: str) -> str:
        """The text that was sealed for this place; raises CannotUnseal."""
        key_id, box = _open_envelope(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise CannotUnseal(f"{place} is sealed with key {key_id}, which is not on the key ring")
        try:
            clear = cipher.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _bound_to(key_id, place))
        except InvalidTag:
            raise CannotUnseal(
                f"{place} was altered, moved from elsewhere, or its key {key_id} was exchanged"
            ) from None
        return clear.decode()

    def reseal(self, sealed: str, place: str) -> str | None:
        """The same secret under the first key, or None when it is so already."""
        return None if key_id_of(sealed) == self.first else self.seal(self.unseal(sealed, place), place)


def key_id_of(sealed: str) -> str:
    """The id of the key that sealed this value; raises CannotUnseal when it is no sealed value."""
    return _open_envelope(sealed)[0]


def new_key(key_id: str = "") -> str:
    """A fresh entry for a key ring, `id:base64key`. Without an id, a random one."""
    return (
        f"{key_id or 'k' + secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
    )


def _bound_to(key_id: str, place: str) -> bytes:
    if not place:
        raise ValueError("a secret is sealed for a place: table.column:row")
    return f"{_FORMAT}|{key_id}|{place}".encode()


def _open_envelope(sealed: str) -> tuple[str, bytes]:
    form, _, rest = sealed.partition(".")
    key_id, dot, encoded = rest.partition(".")
    if form != _FORMAT or not dot:
        raise CannotUnseal("this is not a sealed value")
    try:
        box = base64.b64decode(encoded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CannotUnseal("this is not a sealed value") from None
    if len(box) < _NONCE_BYTES + 16:
        raise CannotUnseal("this is not a whole sealed value")
    return key_id, box
