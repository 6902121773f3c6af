"""Who is told what, and at most once (R-11, R-13, EML-01)."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.tasks import Kind, Outcome, Queue
from hub.errors import Temporary
from hub.flows import tasks
from hub.flows.order_links import insert_once
from hub.flows.tasks import Result, TaskView
from hub.models.connections import Connection
from hub.models.tasks import Notice, Task
from hub.models.users import Role, User
from hub.notify.email import Mail, send
from hub.wiring import Hub


def notify(session: Session, about: str, subject: str, lines: Sequence[str], *, connection_id: int | None = None,
           button: tuple[str, str] | None = None) -> bool:
    """Tells the owners who want mail, once per ``about``; ``button`` is (words, path on this hub). True where it is news."""
    is_news = insert_once(session, Notice, {"about": about[:200], "connection_id": connection_id, "at": clock.now()})
    if is_news:
        if connection_id is not None:
            subject = f"{session.get_one(Connection, connection_id).name}: {subject}"
        for address in session.scalars(select(User.email).where(
                User.role == Role.OWNER, User.deleted_at.is_(None), User.wants_mail.is_(True))):
            tasks.submit(session, Kind.SEND_MAIL, connection_id=connection_id, queue=Queue.DEFAULT, summary=f"Mail “{subject}”",
                         args={"to": address, "subject": subject, "lines": list(lines), "button": list(button or ())})
    return is_news


def work_failed(session: Session, task: Task, says: str, *, is_ours: bool = False, was_set_aside: bool = False) -> None:
    """Tells of work that nobody tries again: once a day per connection and kind, however many parts of it failed.

    ``is_ours``: a mistake of ours, always told; so is what ``was_set_aside`` because it stops its worker (R-22), which nothing
    takes up again. Else only what people see or asked for is, as the rest is done again in its own time. A mail that can't be
    sent is none to send a mail about.
    """
    whole = session.get_one(Task, task.parent_id) if task.parent_id is not None else task
    if task.kind is Kind.SEND_MAIL or not (is_ours or was_set_aside or whole.shown or whole.by):
        return
    what = whole.summary or str(task.kind).replace("_", " ").capitalize()
    about = f"failed:{task.connection_id or 'hub'}:{task.kind}:{clock.now():%Y-%m-%d}"
    after = ("The log has the details under this reference." if is_ours
             else "Nothing else waits for it. The log says what the worker did last; start it again when the cause is gone." if was_set_aside
             else "It was tried several times and is not tried again by itself. Start it again when the cause is gone.")
    notify(session, about, f"“{what}” failed", [says, after], connection_id=task.connection_id,
           button=("Open the task", f"/admin/tasks/{whole.id}/"))


def forget(session: Session, about: str) -> None:
    """The matter is over: if it comes again, it is told again."""
    session.execute(delete(Notice).where(Notice.about == about[:200]))


def send_mail(hub: Hub, task: TaskView) -> Result:
    """Sends one mail. A server that does not answer is tried again by the runner."""
    button = task.args.get("button") or ()
    mail = Mail(to=task.args["to"], subject=task.args["subject"], lines=tuple(task.args["lines"]),
                button=(button[0], hub.config.public_url.rstrip("/") + button[1]) if button else None,
                why="You get this because you own this Shopbridge. Switch it off under your account, in the menu at the top right.")
    tasks.about_to_write()
    try:
        send(mail, smtp_url=hub.config.smtp_url, sender=hub.config.mail_from)
    except (OSError, smtplib.SMTPException) as error:
        raise Temporary("The mail server did not take the message", reason=type(error).__name__) from error
    return Result(Outcome.OK, f"Sent to {mail.to}")
