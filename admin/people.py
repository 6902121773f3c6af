"""People: the owner adds, renames, changes roles and removes; others look (USR-01 … USR-05, ACC-04)."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import delete, select

from admin import mail
from admin.base import Page, needs, record
from admin.forms import Field, filled
from hub.flows import people as people_flows
from hub.models.connections import Connection, ConnectionState
from hub.models.users import LinkPurpose, Role, User, UserConnection

ROLES = (
    (Role.SUPPORT, "Support", "Looks, writes mappings and product values, pushes and retries. No settings, no keys, no people."),
    (Role.ADMIN, "Admin", "Everything but adding, changing and removing people."),
    (Role.OWNER, "Owner", "Everything."),
)


class People(Page):
    """The list of people and its forms."""

    section: ClassVar[str] = "people"
    ability: ClassVar[str] = "see_people"

    def __init__(self) -> None:
        super().__init__(name="People", endpoint="people", url="/admin/people")

    @expose("/")
    def index(self) -> Any:
        """Everybody, with role and last sign-in."""
        with self.read() as db:
            found = db.scalars(select(User).where(User.deleted_at.is_(None)).order_by(User.name, User.id)).all()
            seen: dict[int, list[str]] = {}
            for user_id, name in db.execute(
                select(UserConnection.user_id, Connection.name).join(Connection, Connection.id == UserConnection.connection_id)
            ):
                seen.setdefault(user_id, []).append(name)
        return self.render("people/index.html", people=found, seen=seen, roles={r: t for r, t, _ in ROLES})

    @expose("/add", methods=["GET", "POST"])
    @needs("people")
    def add(self) -> Any:
        """Adds a person and mails them a link to choose a password; no password ever travels (GAP-01)."""
        fields = [
            Field(name="name", label="Name", autocomplete="off"),
            Field(
                name="email",
                label="E-mail",
                kind="email",
                autocomplete="off",
                help="A link to choose a password is mailed to it. It works once, for 24 hours.",
            ),
        ]
        if request.method != "POST":
            return self.render("people/form.html", user=None, fields=fields, roles=ROLES, role=Role.SUPPORT, **self._connections(None))
        form = request.form
        try:
            with self.db.write() as db:
                user = people_flows.add_user(db, form.get("email", ""), form.get("name", ""), _role(form.get("role", "")))
                self._set_connections(db, user.id)
                token = people_flows.make_link(db, user, LinkPurpose.INVITE)
                record(db, "person added", user.email, None, {"role": user.role.value})
        except people_flows.Rejected as why:
            return self.render(
                "people/form.html",
                user=None,
                fields=filled(fields, form, {why.field: why.says}),
                roles=ROLES,
                role=_role(form.get("role", "")),
                **self._connections(None),
            ), 422
        mail.send_link(user, LinkPurpose.INVITE, token, str(current_user.name or current_user.email))
        flash(f"Added {user.name}. A link to choose a password is on its way to {user.email}.", "success")
        return redirect(url_for("people.index"))

    @expose("/<int:user_id>/", methods=["GET", "POST"])
    def page(self, user_id: int) -> Any:
        """One person: name and role can change, the e-mail never (USR-03)."""
        with self.read() as db:
            user = _find(db, user_id)
        fields = [
            Field(name="name", label="Name", value=user.name, autocomplete="off"),
            Field(
                name="email",
                label="E-mail",
                kind="email",
                value=user.email,
                disabled=True,
                help="An e-mail can't be changed. Add the person again instead.",
            ),
        ]
        if request.method != "POST":
            return self.render("people/form.html", user=user, fields=fields, roles=ROLES, role=user.role, **self._connections(user.id))
        return self._save(user_id, fields)

    @needs("people")
    def _save(self, user_id: int, fields: list[Field]) -> Any:
        form = request.form
        try:
            with self.db.write() as db:
                user = _find(db, user_id)
                before = {"name": user.name, "role": user.role.value}
                name = form.get("name", "").strip()
                if not name or len(name) > 200:
                    raise people_flows.Rejected("name", "Write the person's name, at most 200 characters.")
                user.name = name
                people_flows.change_role(db, user, _role(form.get("role", user.role.value)))
                self._set_connections(db, user.id)
                record(db, "person changed", user.email, before, {"name": user.name, "role": user.role.value})
        except people_flows.Rejected as why:
            flash(why.says, "error")
            return redirect(url_for("people.page", user_id=user_id))
        flash("Saved.", "success")
        return redirect(url_for("people.index"))

    @expose("/<int:user_id>/invite", methods=["POST"])
    @needs("people")
    def invite(self, user_id: int) -> Any:
        """Mails the link again; the older one ends."""
        with self.db.write() as db:
            user = _find(db, user_id)
            token = people_flows.make_link(db, user, LinkPurpose.INVITE)
            record(db, "person invited again", user.email)
        mail.send_link(user, LinkPurpose.INVITE, token, str(current_user.name or current_user.email))
        flash(f"A new link is on its way to {user.email}.", "success")
        return redirect(url_for("people.index"))

    @expose("/<int:user_id>/remove", methods=["POST"])
    @needs("people")
    def remove(self, user_id: int) -> Any:
        """Takes a person out; the same e-mail can be added again (USR-04)."""
        try:
            with self.db.write() as db:
                user = _find(db, user_id)
                people_flows.remove_user(db, user)
                record(db, "person removed", user.email)
        except people_flows.Rejected as why:
            flash(why.says, "error")
            return redirect(url_for("people.page", user_id=user_id))
        flash(f"Removed {user.name}. They can't sign in any more; what they did stays in the history.", "success")
        return redirect(url_for("people.index"))

    def _connections(self, user_id: int | None) -> dict[str, Any]:
        with self.read() as db:
            every = db.scalars(select(Connection).where(Connection.state != ConnectionState.REMOVED).order_by(Connection.name)).all()
            theirs = (
                set(db.scalars(select(UserConnection.connection_id).where(UserConnection.user_id == user_id)))
                if user_id
                else {c.id for c in every}
            )
        return {"connections": every, "theirs": theirs}

    def _set_connections(self, db: Any, user_id: int) -> None:
        wanted = {int(text) for text in request.form.getlist("connections") if text.isascii() and text.isdigit() and len(text) < 19}
        known = set(db.scalars(select(Connection.id).where(Connection.id.in_(wanted))))
        theirs = set(db.scalars(select(UserConnection.connection_id).where(UserConnection.user_id == user_id)))
        db.execute(delete(UserConnection).where(UserConnection.user_id == user_id, UserConnection.connection_id.in_(theirs - known)))
        db.add_all(UserConnection(user_id=user_id, connection_id=connection_id) for connection_id in sorted(known - theirs))


def _role(text: str) -> Role:
    if text not in list(Role):
        abort(400)
    return Role(text)


def _find(db: Any, user_id: int) -> User:
    user = db.get(User, user_id) if 0 < user_id < 2**63 else None
    if user is None or user.deleted_at is not None:
        abort(404)
    return user
