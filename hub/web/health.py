"""Whether this hub lives, is ready, and how it does: for load balancers, monitoring and the health page."""

from __future__ import annotations

import hmac
from datetime import datetime

import redis
from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from hub import clock, queue
from hub.domain.tasks import TaskState
from hub.models.connections import Connection
from hub.models.inbox import InboxEvent, InboxState
from hub.models.tasks import Leader, Task
from hub.wiring import Hub

blueprint = Blueprint("health", __name__)


def _hub() -> Hub:
    hub: Hub = current_app.extensions["hub"]
    return hub


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Whether it can do its work: the database must answer; without Redis work is only slower."""
    hub = _hub()
    found = {"database": "ok", "queue": "ok"}
    try:
        with hub.db.read() as session:
            session.execute(select(1))
    except SQLAlchemyError:
        found["database"] = "away"
    try:
        if hub.redis is not None:
            hub.redis.ping()
    except (redis.RedisError, OSError):
        found["queue"] = "away"
    return jsonify(found), 200 if found["database"] == "ok" else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """For Prometheus. From this machine, or with the hub's metrics token as bearer."""
    if not _may_read():
        return Response(status=404)
    registry = CollectorRegistry()
    registry.register(_Collector(_hub()))
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")


def _may_read() -> bool:
    # A proxy beside us calls from this machine, too: what it hands on is not from here.
    handed_on = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"))
    if request.remote_addr in ("127.0.0.1", "::1") and not handed_on:
        return True
    token = metrics_token(current_app.config["SECRET_KEY"])
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())


def metrics_token(secret_key: str) -> str:
    """The token that reads `/metrics` from elsewhere; it follows from SECRET_KEY."""
    return hmac.new(secret_key.encode(), b"shopbridge metrics v1", "sha256").hexdigest()


class _Collector:
    """Reads the figures when asked; nothing is counted in the process, so all processes tell the same."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def collect(self) -> list[GaugeMetricFamily]:
        now = clock.now()
        tasks = GaugeMetricFamily("shopbridge_tasks", "Tasks by state", labels=["state"])
        events = GaugeMetricFamily("shopbridge_events", "Events by state", labels=["state"])
        connections = GaugeMetricFamily("shopbridge_connections", "Connections by state", labels=["state"])
        oldest = GaugeMetricFamily("shopbridge_oldest_due_seconds", "How long the oldest due task has waited")
        oldest_event = GaugeMetricFamily("shopbridge_oldest_event_seconds", "How long the oldest new event has waited")
        leader = GaugeMetricFamily("shopbridge_scheduler_leads", "1 while a scheduler leads")
        depth = GaugeMetricFamily("shopbridge_queue_wakeups", "Wake-ups waiting in Redis", labels=["queue"])
        with self.hub.db.read() as session:
            for state, number in session.execute(select(Task.state, func.count()).group_by(Task.state)):
                tasks.add_metric([str(state)], number)
            for event_state, number in session.execute(
                    select(InboxEvent.state, func.count()).group_by(InboxEvent.state)):
                events.add_metric([str(event_state)], number)
            for connection_state, number in session.execute(
                    select(Connection.state, func.count()).group_by(Connection.state)):
                connections.add_metric([str(connection_state)], number)
            oldest.add_metric([], _age(now, session.scalar(
                select(func.min(Task.run_at)).where(Task.state == TaskState.QUEUED, Task.run_at <= now))))
            oldest_event.add_metric([], _age(now, session.scalar(
                select(func.min(InboxEvent.received_at)).where(InboxEvent.state == InboxState.NEW))))
            until = session.scalar(select(Leader.lease_until).where(Leader.name == "scheduler"))
            leader.add_metric([], float(until is not None and until > now))
        try:
            if self.hub.redis is not None:
                for name, length in queue.lengths(self.hub.redis).items():
                    depth.add_metric([str(name)], length)
        except (redis.RedisError, OSError):
            depth.samples.clear()
        return [tasks, events, connections, oldest, oldest_event, leader, depth]


def _age(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
