"""A token that runs out while many work with it is renewed once; one that is refused stops the connection (R-18)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from sqlalchemy import func, select, update

from hub import clock
from hub.config import Config
from hub.domain.tasks import Kind, Outcome
from hub.errors import NeedsReconnect, Temporary
from hub.flows import tasks
from hub.models.connections import Connection, ConnectionState
from hub.models.shops import Shop
from hub.models.tasks import Notice
from hub.models.tiktok import App, Grant, GrantState
from hub.simulator import serve
from hub.tiktok import sandbox
from hub.wiring import GrantTokens, Hub
from tests.support import both_databases
from tests.support.hubs import add_connection, opened, run_waiting, task

pytestmark = both_databases
SECRET = "a practice secret of the app"


@pytest.fixture
def world(config: Config) -> Iterator[tuple[Hub, int, str]]:
    """A hub with one grant, and TikTok Shop's token host as the sandbox plays it."""
    simulator = sandbox.create_simulator(app_key="6abc9demo", app_secret=SECRET, service_id="1", run_thread=False)
    server = serve(simulator, "127.0.0.1", 0)
    with opened(config) as hub:
        given = requests.post(f"{server.url}/sandbox/tokens", json={}, timeout=5).json()
        given = given.get("data", given)
        with hub.db.write() as session:
            app = App(app_key="6abc9demo", api_host=server.url, token_host=server.url, consent_host=server.url,
                      is_practice=True, created_at=clock.now())
            app.app_secret = SECRET
            session.add(app)
            session.flush()
            grant = Grant(app_id=app.id, open_id=given["open_id"], created_at=clock.now(),
                          access_expires_at=clock.now() + timedelta(hours=2))
            grant.access_token, grant.refresh_token = given["access_token"], given["refresh_token"]
            session.add(grant)
            connection = add_connection(session)
            session.flush()
            session.add(Shop(grant_id=grant.id, connection_id=connection.id, tiktok_shop_id="1", region="US", cipher="c",
                             created_at=clock.now()))
        yield hub, grant.id, server.url
    server.close()


def refreshes(url: str) -> int:
    entries = requests.get(f"{url}/sandbox/journal", timeout=5).json()
    rows = entries["entries"] if isinstance(entries, dict) else entries
    return sum("/api/v2/token/refresh" in row["path"] for row in rows)


def test_many_who_find_the_token_stale_cause_one_refresh(world: tuple[Hub, int, str]) -> None:
    hub, grant_id, url = world
    stale = GrantTokens(hub, grant_id).current()
    begun = threading.Barrier(8)
    got: list[str] = []

    def one() -> None:
        begun.wait()
        got.append(GrantTokens(hub, grant_id).renew(stale))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1
    assert got[0] != stale
    assert refreshes(url) == 1


def test_a_refused_refresh_loses_the_grant_pauses_its_connection_and_is_told_once(world: tuple[Hub, int, str]) -> None:
    hub, grant_id, url = world
    with hub.db.write() as session:
        grant = session.get_one(Grant, grant_id)
        grant.refresh_token = "unknown to the platform"
    for _ in range(2):
        with hub.db.write() as session:
            tasks.submit(session, Kind.REFRESH_TOKEN)
        run_waiting(hub)
    with hub.db.read() as session:
        assert session.get_one(Grant, grant_id).state is GrantState.LOST
        assert session.scalars(select(Connection.state)).all() == [ConnectionState.PAUSED]
        assert session.scalar(select(func.count()).select_from(Notice)) == 1
    with pytest.raises(NeedsReconnect):
        GrantTokens(hub, grant_id).current()


def test_a_token_with_less_than_a_day_is_renewed_ahead(world: tuple[Hub, int, str]) -> None:
    hub, grant_id, url = world
    with hub.db.write() as session:
        number = tasks.submit(session, Kind.REFRESH_TOKEN).id
    run_waiting(hub)
    row = task(hub, number)
    assert (row.outcome, row.says) == (Outcome.OK, "1 renewed")
    with hub.db.read() as session:
        grant = session.get_one(Grant, grant_id)
    assert grant.access_expires_at is not None
    assert grant.access_expires_at > clock.now() + timedelta(days=1)
    assert (grant.refreshes, grant.refreshing_until) == (1, None)


def test_a_refresher_that_died_is_followed_by_another(world: tuple[Hub, int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    hub, grant_id, url = world
    stale = GrantTokens(hub, grant_id).current()
    with hub.db.write() as session:
        session.execute(update(Grant).values(refreshing_until=clock.now() + timedelta(seconds=1)))
    assert GrantTokens(hub, grant_id).renew(stale) != stale
    with hub.db.write() as session:
        session.execute(update(Grant).values(refreshing_until=clock.now() + timedelta(seconds=40)))
    monkeypatch.setattr("hub.wiring.REFRESH_WAIT_S", 0.4)
    with pytest.raises(Temporary):
        GrantTokens(hub, grant_id).renew(GrantTokens(hub, grant_id).current())
