"""Plain e-mail by SMTP, with a console double where no server is set.

Text first; the HTML part says the same words in one column, with one button and its address in full. No pictures,
no tracking (design 13).
"""

from __future__ import annotations

import html
import logging
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

log = logging.getLogger(__name__)
TIMEOUT_S = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message to one person. ``lines`` are paragraphs; ``button`` is (what it says, where it leads); ``why`` the last line."""

    to: str
    subject: str
    lines: tuple[str, ...]
    button: tuple[str, str] | None = None
    why: str = ""

    def text(self) -> str:
        """The plain part."""
        parts = list(self.lines)
        if self.button:
            parts.append(f"{self.button[0]}:\n{self.button[1]}")
        if self.why:
            parts.append(f"-- \n{self.why}")
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        """The same words as HTML, everything escaped."""
        body = "".join(f"<p>{html.escape(line)}</p>" for line in self.lines)
        if self.button:
            says, address = (html.escape(part, quote=True) for part in self.button)
            body += (
                f'<p><a href="{address}" style="display:inline-block;background:#0a5f76;color:#fff;padding:10px 16px;'
                f'border-radius:6px;text-decoration:none">{says}</a></p><p style="font-size:13px;color:#43545c">{address}</p>'
            )
        if self.why:
            body += f'<p style="font-size:13px;color:#43545c">{html.escape(self.why)}</p>'
        column = f'<div style="max-width:600px">{body}</div>'
        return f'<!doctype html><html lang="en"><body style="font:14px/1.5 sans-serif;color:#13242b">{column}</body></html>'


def message(mail: Mail, sender: str) -> EmailMessage:
    """The message as it is sent. A line break in an address or subject is refused by the library (header injection)."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, mail.to, mail.subject
    made["Date"], made["Message-ID"] = formatdate(usegmt=True), make_msgid(domain=sender.rpartition("@")[2] or None)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text())
    made.add_alternative(mail.html(), subtype="html")
    return made


def send(mail: Mail, *, smtp_url: str, sender: str) -> None:
    """Hands the message to the server; writes it to the log where none is set. Raises `OSError` or `smtplib.SMTPException`."""
    if not smtp_url:
        log.warning(
            "no mail server is set (SMTP_URL), so this mail is only shown here:\nTo: %s\nSubject: %s\n\n%s",
            mail.to,
            mail.subject,
            mail.text(),
        )
        return
    made, at = message(mail, sender), urlsplit(smtp_url)
    host, context = at.hostname or "localhost", ssl.create_default_context()
    if at.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, at.port or 465, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(host, at.port or 587, timeout=TIMEOUT_S)
    with server:
        if at.scheme != "smtps":
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
            elif at.username:
                raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS, so the password is not sent")
        if at.username:
            server.login(unquote(at.username), unquote(at.password or ""))
        server.send_message(made)
    log.info("mail sent", extra={"subject": mail.subject})
