"""The two mails that carry a link: a new password and an invitation.

They are sent beside the request, so that the page answers equally fast for an e-mail that nobody has (S-18). A mail
that is lost with the process is asked for again; nothing else hangs on it.
"""

from __future__ import annotations

import logging
import smtplib
import threading

from flask import url_for

from admin.base import hub
from hub.config import Config
from hub.models.users import LinkPurpose, User
from hub.notify.email import Mail, send

log = logging.getLogger(__name__)


def send_link(user: User, purpose: LinkPurpose, token: str, invited_by: str = "") -> None:
    """Mails a single-use link. Its address is built from PUBLIC_URL alone: no request header can bend it (S-21)."""
    config = hub().config
    address = config.public_url.rstrip("/") + url_for("auth.set_password", token=token, _external=False)
    threading.Thread(target=_send, args=(link_mail(user, purpose, address, invited_by), config), name="mail", daemon=True).start()


def link_mail(user: User, purpose: LinkPurpose, address: str, invited_by: str = "") -> Mail:
    """What the mail says."""
    if purpose is LinkPurpose.INVITE:
        return Mail(
            to=user.email,
            subject="Your account on Shopbridge",
            lines=(
                f"Hello {user.name},",
                f"{invited_by or 'The owner'} has added you to their Shopbridge.",
                "Choose a password with this link. It works once, for 24 hours.",
            ),
            button=("Choose a password", address),
            why="You get this because somebody added your address. If you don't know them, do nothing.",
        )
    return Mail(
        to=user.email,
        subject="Set a new password for Shopbridge",
        lines=(f"Hello {user.name},", "Somebody, probably you, asked to set a new password.", "This link works once, for 10 minutes."),
        button=("Set a new password", address),
        why="If it wasn't you, do nothing. Your password stays as it is.",
    )


def _send(mail: Mail, config: Config) -> None:
    try:
        send(mail, smtp_url=config.smtp_url, sender=config.mail_from)
    except (OSError, smtplib.SMTPException) as error:
        log.error("a mail could not be sent", extra={"reason": type(error).__name__, "subject": mail.subject})
