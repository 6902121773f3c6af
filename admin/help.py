"""Help: short answers, one page a subject, and one paragraph per problem code (HLP-01)."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import abort
from flask_admin import expose

from admin.base import Page
from hub.domain.problems import CATALOGUE
from hub.stores import PLATFORMS

TOPICS = {
    "connect": "Connect a store",
    "pull": "Pull products",
    "push": "Push products, and why one doesn't show",
    "orders": "How orders flow",
    "attributes": "Certificates and attributes",
    "csv": "Update attributes and brands by CSV",
    "access": "Keys, secrets and tokens; uninstalling",
    "problems": "Every message and what to do",
}


class Help(Page):
    """The index and its pages."""

    section: ClassVar[str] = "help"

    def __init__(self) -> None:
        super().__init__(name="Help", endpoint="help", url="/admin/help")

    @expose("/")
    def index(self) -> Any:
        """What there is to read."""
        return self.render("help/index.html", topics=TOPICS)

    @expose("/<page>")
    def topic(self, page: str) -> Any:
        """One page."""
        if page not in TOPICS:
            abort(404)
        return self.render(f"help/{page}.html", topics=TOPICS, title=TOPICS[page], catalogue=CATALOGUE, platforms=PLATFORMS.values())
