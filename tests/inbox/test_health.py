"""What load balancers and monitoring are told."""

from __future__ import annotations

from datetime import timedelta

from hub import clock, queue
from hub.domain.tasks import Kind
from hub.flows import tasks
from hub.web.health import metrics_token
from tests.inbox.conftest import Plant, tiktok_message


def test_alive_and_ready(plant: Plant) -> None:
    assert plant.client.get("/healthz").data == b"ok\n"
    answer = plant.client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"database": "ok", "queue": "ok"})


def test_without_redis_the_hub_is_ready_and_says_so(plant: Plant) -> None:
    plant.hub.redis = queue.connect("redis://127.0.0.1:1/0")
    answer = plant.client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"database": "ok", "queue": "away"})
    assert plant.client.get("/metrics").status_code == 200


def test_metrics_tell_what_waits_and_for_how_long(plant: Plant) -> None:
    with clock.hold(clock.now() - timedelta(minutes=5)), plant.hub.db.write() as session:
        tasks.submit(session, Kind.TIDY)
    plant.tiktok(tiktok_message())
    text = plant.client.get("/metrics").text
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert figures['shopbridge_events{state="new"}'] == "1.0"
    assert figures['shopbridge_connections{state="connected"}'] == "1.0"
    assert 299 <= float(figures["shopbridge_oldest_due_seconds"]) <= 330
    assert figures["shopbridge_scheduler_leads"] == "0.0"


def test_metrics_are_for_this_machine_or_for_who_holds_the_token(plant: Plant) -> None:
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert plant.client.get("/metrics", environ_overrides=elsewhere).status_code == 404
    token = metrics_token(plant.hub.config.secret_key)
    answer = plant.client.get("/metrics", environ_overrides=elsewhere, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_every_answer_carries_the_security_headers(plant: Plant) -> None:
    for answer in (plant.client.get("/healthz"), plant.tiktok(tiktok_message(), signature="x")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
