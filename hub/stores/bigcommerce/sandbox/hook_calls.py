"""Webhook calls of v3: the account's own hooks, and the admin's view of them (contract 7.1)."""

from __future__ import annotations

from typing import Any

from hub.stores.bigcommerce.sandbox.bodies import Each, Flag, Shape, Text, Words, insist_v3
from hub.stores.bigcommerce.sandbox.gate import Call, Table
from hub.stores.bigcommerce.sandbox.hooks import Hook
from hub.stores.bigcommerce.sandbox.wire import envelope

TABLE = Table(())
_FIELDS = {"scope": Text(255, 1), "destination": Text(2048, 1), "is_active": Flag(), "headers": Words(null=True)}
_MADE = frozenset({"id", "client_id", "store_hash", "created_at", "updated_at"})
_NEW = Shape(_FIELDS, required=("scope", "destination"), readonly=_MADE)
_OLD = Shape(_FIELDS, readonly=_MADE)
_ADMIN = Shape({"emails": Each(Text(255, 3))}, required=("emails",))


def _row(call: Call, hook: Hook) -> dict[str, Any]:
    return {"id": hook.id, "client_id": hook.client_id, "store_hash": call.sim.shop.store_hash, "scope": hook.scope,
            "destination": hook.destination, "headers": hook.headers, "is_active": hook.is_active,
            "created_at": int(hook.created.timestamp()), "updated_at": int(hook.updated.timestamp())}


def _own(call: Call) -> Hook:
    return call.sim.sender.find(call.account.client_id, call.ids["webhook_id"])


@TABLE.on("getWebhooks", "GET", "/v3/hooks", "page", "limit", "scope", "destination", "is_active")
def get_hooks(call: Call) -> Any:
    query = call.query
    rows = [one for one in call.sim.sender.of(call.account.client_id)
            if query.get("scope", one.scope) == one.scope and query.get("destination", one.destination) == one.destination
            and query.get("is_active", str(one.is_active).lower()) == str(one.is_active).lower()]
    return envelope(rows, lambda one: _row(call, one), query)


@TABLE.on("createWebhooks", "POST", "/v3/hooks")
def post_hook(call: Call) -> Any:
    insist_v3(_NEW, call.body)
    given = call.body
    hook = call.sim.sender.create(call.account.client_id, given["scope"], given["destination"], given.get("headers"), given.get("is_active", True))
    return {"data": _row(call, hook), "meta": {}}


@TABLE.on("getWebhook", "GET", "/v3/hooks/{webhook_id}")
def get_hook(call: Call) -> Any:
    return {"data": _row(call, _own(call)), "meta": {}}


@TABLE.on("updateWebhook", "PUT", "/v3/hooks/{webhook_id}")
def put_hook(call: Call) -> Any:
    hook = _own(call)
    insist_v3(_OLD, call.body)
    return {"data": _row(call, call.sim.sender.change(hook, call.body)), "meta": {}}


@TABLE.on("deleteWebhook", "DELETE", "/v3/hooks/{webhook_id}")
def delete_hook(call: Call) -> Any:
    hook = _own(call)
    call.sim.sender.remove(hook)
    return {"data": _row(call, hook), "meta": {}}


@TABLE.on("getHooksAdmin", "GET", "/v3/hooks/admin", "is_active")
def get_admin(call: Call) -> Any:
    sender = call.sim.sender
    hooks = [_row(call, one) | {"status": "active" if one.is_active else "deactivated" if one.was_deactivated else "inactive"}
             for one in sender.of(call.account.client_id)]
    return {"data": {"emails": sender.emails, "hooks_list": hooks, "blocked_domains": sender.blocked(call.account.client_id)}, "meta": {}}


@TABLE.on("updateHooksAdmin", "PUT", "/v3/hooks/admin")
def put_admin(call: Call) -> None:
    insist_v3(_ADMIN, call.body)
    call.sim.sender.emails = list(call.body["emails"])
