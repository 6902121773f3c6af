"""What a person sets for himself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from hub.domain.tasks import Kind
from hub.flows import alerts
from hub.models.tasks import Task
from hub.wiring import Hub
from tests.screens.conftest import Visitor
from tests.screens.rows import Filled


@pytest.mark.feature("CON-10")
def test_with_mails_switched_off_no_connection_sends_any(signed_in: Callable[[str], Visitor], filled: Filled, hub: Hub) -> None:
    def mails(about: str) -> int:
        with hub.db.write() as db:
            for connection_id in (filled.connection_id, filled.other_connection_id):
                alerts.notify(db, f"{about}:{connection_id}", "please look", ["Something needs you."], connection_id=connection_id)
        with hub.db.read() as db:
            return db.scalar(select(func.count()).select_from(Task).where(Task.kind == Kind.SEND_MAIL)) or 0

    assert mails("first") == 2, "one for each connection"
    maya = signed_in("owner")
    assert "No connection mails you any more" in maya.post("/account/mail", follow_redirects=True)
    assert mails("second") == 2
    maya.post("/account/mail", {"wants_mail": "1"})
    assert mails("third") == 4


def test_colours_chosen_in_the_browser_are_written_by_the_server(signed_in: Callable[[str], Visitor]) -> None:
    maya = signed_in("owner")
    assert "data-theme" not in maya.get("/admin/help/").split("<head>")[0]
    for chosen, shown in (("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')):
        maya.client.set_cookie("sb_theme", chosen)
        assert shown in maya.get("/admin/help/").split("<head>")[0]
    maya.client.set_cookie("sb_theme", "&quot;><script>")
    assert "data-theme" not in maya.get("/admin/help/").split("<head>")[0]
