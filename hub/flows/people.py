"""People: the first owner, signing in, mailed links, adding and removing users (ACC-01 … ACC-05, USR-01 … USR-05).

Functions take a writing session and leave the commit to the caller, so that a change and its line in the history
are one transaction. Passwords are argon2id; links are kept as a hash, work once and end by themselves (S-19, S-21).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from hub import clock
from hub.models.users import LinkPurpose, Role, SignIn, SignInLink, User

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
# A session ends after so long without a request, and after so long in any case (S-17).
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
LINK_LASTS = {LinkPurpose.RESET: timedelta(minutes=10), LinkPurpose.INVITE: timedelta(hours=24)}
_EMAIL = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;.]+(\.[^@\s<>\"',;.]+)*")
# The head of the usual lists of leaked passwords, from 12 characters on; shorter ones are refused by length.
_KNOWN = frozenset(
    {
        "123456789012",
        "1234567890123",
        "12345678901234",
        "123456123456",
        "111111111111",
        "000000000000",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiopas",
        "qwerty123456",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "administrator",
        "iloveyou1234",
        "letmeinletmein",
        "welcome12345",
        "abcdefghijkl",
        "abcdef123456",
        "abc123abc123",
        "zaq12wsxcde3",
        "asdfghjkl123",
        "changemechangeme",
        "changeme1234",
        "admin1234567",
        "adminadminadmin",
        "q1w2e3r4t5y6",
        "unknown12345",
    }
)
_hasher = PasswordHasher()
# Verified when nobody has the e-mail typed, so that the answer takes as long as for somebody who exists (S-18).
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


class Rejected(Exception):
    """What a person typed can't be taken: which field, and what is allowed instead."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says)
        self.field = field
        self.says = says


def first_run_code(secret_key: str) -> str:
    """The code that the console prints and the first page asks for when others can reach it: ``ABCD-EFGH-IJKL``.

    Every process of one installation has the same; it ends with the first owner.
    """
    digest = hmac.new(secret_key.encode(), b"shopbridge first run", hashlib.sha256).digest()
    text = base64.b32encode(digest)[:12].decode()
    return "-".join((text[:4], text[4:8], text[8:]))


def code_matches(typed: str, secret_key: str) -> bool:
    """Compares a typed code, however it is spaced, in constant time."""
    plain = re.sub(r"[^A-Z2-7]", "", typed.upper())
    return hmac.compare_digest(plain.encode(), first_run_code(secret_key).replace("-", "").encode())


def has_owner(db: Session) -> bool:
    """Whether somebody owns this installation already."""
    return db.scalar(select(User.id).where(User.role == Role.OWNER, User.deleted_at.is_(None)).limit(1)) is not None


def by_email(db: Session, email: str) -> User | None:
    """The person with this e-mail, in any case of letters; deleted ones are nobody."""
    return db.scalar(select(User).where(func.lower(User.email) == email.strip().lower(), User.deleted_at.is_(None)))


def create_owner(db: Session, email: str, name: str, password: str) -> User:
    """The first account. Raises `Rejected`; also when there is an owner already."""
    if has_owner(db):
        raise Rejected("email", "This Shopbridge has an owner already. Sign in instead.")
    user = _new(db, email, name, Role.OWNER)
    set_password(db, user, password)
    return user


def add_user(db: Session, email: str, name: str, role: Role) -> User:
    """A new person without a password yet; invite them with `make_link`. Raises `Rejected` for a bad or known e-mail."""
    return _new(db, email, name, role)


def _new(db: Session, email: str, name: str, role: Role) -> User:
    email, name = email.strip(), name.strip()
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise Rejected("email", "Write the whole e-mail address, such as maya@example.com.")
    if not name:
        raise Rejected("name", "Write the person's name.")
    if len(name) > 200:
        raise Rejected("name", "A name has at most 200 characters.")
    if by_email(db, email) is not None:
        raise Rejected("email", "Somebody with this e-mail is here already.")
    user = User(email=email, name=name, role=role, password_hash=None, session_epoch=1, created_at=clock.now())
    db.add(user)
    db.flush()
    return user


def check_password(password: str, email: str = "") -> None:
    """Raises `Rejected` for one that is too short, too long, well known, or made from the e-mail (S-19)."""
    if len(password) < SHORTEST_PASSWORD:
        raise Rejected("password", f"Use at least {SHORTEST_PASSWORD} characters. A sentence is good.")
    if len(password) > LONGEST_PASSWORD:
        raise Rejected("password", f"Use at most {LONGEST_PASSWORD} characters.")
    plain, local = password.lower(), email.lower().partition("@")[0]
    if plain in _KNOWN or len(set(plain)) < 4 or (local and plain.replace(local, "") == "") or plain == email.lower():
        raise Rejected("password", "Many people use this one, so it is tried first. Choose another.")


def set_password(db: Session, user: User, password: str) -> None:
    """Gives a person this password; every session and every mailed link of theirs ends. Raises `Rejected`."""
    check_password(password, user.email)
    user.password_hash = _hasher.hash(password)
    user.session_epoch += 1
    db.execute(update(SignInLink).where(SignInLink.user_id == user.id, SignInLink.used_at.is_(None)).values(used_at=clock.now()))


def password_is(user: User | None, password: str) -> bool:
    """Whether this is the person's password. Takes as long for nobody."""
    try:
        return _hasher.verify((user and user.password_hash) or _NOBODY, password[:LONGEST_PASSWORD]) and bool(user and user.password_hash)
    except (VerificationError, InvalidHashError):
        return False


def after_sign_in(db: Session, user: User, password: str) -> None:
    """Notes the moment, and hashes again where the settings for hashing have grown since."""
    user.signed_in_at = clock.now()
    if user.password_hash and _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = _hasher.hash(password)


def begin_sign_in(db: Session, user: User, sid: str, device: str, address: str) -> None:
    """The session ``sid`` is this person's from now on. What has ended by itself meanwhile is tidied away."""
    now = clock.now()
    db.execute(delete(SignIn).where(SignIn.user_id == user.id, SignIn.began_at < now - LONGEST))
    db.add(SignIn(user_id=user.id, sid_hash=_hashed(sid), epoch=user.session_epoch, device=device[:120], address=address[:64],
                  began_at=now, seen_at=now))


def signed_in(db: Session, user_id: int, sid: str) -> User | None:
    """Whom an open session belongs to; None where it was ended here or elsewhere, or the person is gone."""
    return db.scalar(select(User).join(SignIn, SignIn.user_id == User.id).where(
        User.id == user_id, User.deleted_at.is_(None), SignIn.sid_hash == _hashed(sid), SignIn.epoch == User.session_epoch,
        SignIn.ended_at.is_(None)))


def saw(db: Session, sid: str) -> None:
    """Somebody uses this session."""
    db.execute(update(SignIn).where(SignIn.sid_hash == _hashed(sid)).values(seen_at=clock.now()))


def end_sign_in(db: Session, sid: str) -> None:
    """Signs out: no copy of the cookie opens anything any more."""
    db.execute(update(SignIn).where(SignIn.sid_hash == _hashed(sid), SignIn.ended_at.is_(None)).values(ended_at=clock.now()))


def sign_ins(db: Session, user: User, sid: str) -> Sequence[tuple[SignIn, bool]]:
    """Where a person is signed in, last used first, each with whether it is the session ``sid``."""
    now, mine = clock.now(), _hashed(sid)
    rows = db.scalars(select(SignIn).where(
        SignIn.user_id == user.id, SignIn.epoch == user.session_epoch, SignIn.ended_at.is_(None), SignIn.seen_at > now - IDLE,
        SignIn.began_at > now - LONGEST).order_by(SignIn.seen_at.desc(), SignIn.id.desc()))
    return [(row, row.sid_hash == mine) for row in rows]


def end_other_sign_ins(db: Session, user: User, sid: str) -> int:
    """Signs a person out everywhere but here; how many sessions that ended."""
    others = [row for row, is_this in sign_ins(db, user, sid) if not is_this]
    db.execute(update(SignIn).where(SignIn.user_id == user.id, SignIn.sid_hash != _hashed(sid), SignIn.ended_at.is_(None))
               .values(ended_at=clock.now()))
    return len(others)


def make_link(db: Session, user: User, purpose: LinkPurpose) -> str:
    """A fresh single-use token for a mailed link; older ones for the same purpose end."""
    db.execute(
        update(SignInLink)
        .where(SignInLink.user_id == user.id, SignInLink.purpose == purpose, SignInLink.used_at.is_(None))
        .values(used_at=clock.now())
    )
    token = secrets.token_urlsafe(32)
    now = clock.now()
    db.add(SignInLink(user_id=user.id, purpose=purpose, token_hash=_hashed(token), created_at=now, expires_at=now + LINK_LASTS[purpose]))
    return token


def link_owner(db: Session, token: str) -> User | None:
    """Whom a link belongs to, while it works."""
    row = db.scalar(
        select(SignInLink).where(SignInLink.token_hash == _hashed(token), SignInLink.used_at.is_(None), SignInLink.expires_at > clock.now())
    )
    user = db.get(User, row.user_id) if row else None
    return user if user is not None and user.deleted_at is None else None


def use_link(db: Session, token: str, password: str) -> User | None:
    """Sets the password that came with a link and ends the link; None when it no longer works. Of two at once, one wins."""
    user = link_owner(db, token)
    if user is None:
        return None
    check_password(password, user.email)
    used = db.execute(
        update(SignInLink).where(SignInLink.token_hash == _hashed(token), SignInLink.used_at.is_(None)).values(used_at=clock.now())
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        return None
    set_password(db, user, password)
    return user


def change_role(db: Session, user: User, role: Role) -> None:
    """Another role; their sessions end. Raises `Rejected` for the last owner (S-16)."""
    if role is user.role:
        return
    if user.role is Role.OWNER:
        _keep_an_owner(db, user)
    user.role = role
    user.session_epoch += 1


def remove_user(db: Session, user: User) -> None:
    """Takes a person out: no more sign-in, history kept, the e-mail free to be added again (USR-04)."""
    if user.role is Role.OWNER:
        _keep_an_owner(db, user)
    user.deleted_at = clock.now()
    user.session_epoch += 1
    db.execute(update(SignInLink).where(SignInLink.user_id == user.id, SignInLink.used_at.is_(None)).values(used_at=clock.now()))


def _keep_an_owner(db: Session, user: User) -> None:
    # All owners are locked, in the order of their numbers, so that two removals at once can't both find another owner.
    owners = db.scalars(select(User.id).where(User.role == Role.OWNER, User.deleted_at.is_(None)).order_by(User.id).with_for_update())
    if all(owner_id == user.id for owner_id in owners):
        raise Rejected("role", "This is the last owner. Make somebody else an owner first.")


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
