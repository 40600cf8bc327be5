"""Sending one letter by SMTP, and being certain about what became of it, or certain that nobody knows."""

from __future__ import annotations

import enum
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, localtime
from typing import Final

from api.letters.letter import WrittenLetter
from api.run.setting_values import MailServer

TIMEOUT_SECONDS: Final = 30.0
_DOT_AT_LINE_START: Final = re.compile(rb"(?m)^\.")


class Outcome(enum.Enum):
    """What became of a letter."""

    SENT = "sent"
    LATER = "later"
    """It was certainly not sent, and can be tried again."""
    REFUSED = "refused"
    """It was certainly not sent, and trying again does not help."""
    UNKNOWN = "unknown"
    """The server had it all, and did not say whether it took it."""


def message_of(letter: str, written: WrittenLetter, sender: str) -> EmailMessage:
    """The e-mail for a letter. Its Message-ID comes from the letter's number alone, so it is the same on every try."""
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = sender
    message["To"] = written.to
    message["Subject"] = written.subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{letter}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(written.text, cte="quoted-printable")
    message["Content-Language"] = written.language
    return message


def send(server: MailServer, sender: str, letter: str, written: WrittenLetter) -> Outcome:
    """Send a letter; blocks. Nothing that the server says is passed on, because it may quote the address."""
    try:
        connection = _connected(server)
    except smtplib.SMTPNotSupportedError:
        return Outcome.LATER  # without STARTTLS nothing is sent
    except smtplib.SMTPResponseException:
        return Outcome.LATER
    except (OSError, smtplib.SMTPException):
        return Outcome.LATER
    try:
        return _handed_over(connection, sender, letter, written)
    finally:
        _leave(connection)


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.tls:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.ehlo_or_helo_if_needed()
        if not server.tls and not server.local:
            connection.starttls(context=context)
        if server.user is not None:
            connection.login(server.user, server.password or "")
    except BaseException:
        connection.close()
        raise
    return connection


def _handed_over(connection: smtplib.SMTP, sender: str, letter: str, written: WrittenLetter) -> Outcome:
    message = message_of(letter, written, sender)
    international = not (sender.isascii() and written.to.isascii())
    if international and not connection.has_extn("smtputf8"):
        return Outcome.REFUSED
    content = message.as_bytes(policy=SMTPUTF8 if international else SMTP)
    try:
        connection.ehlo_or_helo_if_needed()
        for code, _ in (
            connection.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"] if international else []),
            connection.rcpt(written.to),
            connection.docmd("DATA"),
        ):
            if code >= 400:
                return Outcome.REFUSED if code >= 500 else Outcome.LATER
    except (OSError, smtplib.SMTPException):
        return Outcome.LATER
    try:
        connection.send(_DOT_AT_LINE_START.sub(b"..", content) + b".\r\n")
        code, _ = connection.getreply()
    except (OSError, smtplib.SMTPException):
        return Outcome.UNKNOWN
    if code >= 400:
        return Outcome.REFUSED if code >= 500 else Outcome.LATER
    return Outcome.SENT


def _leave(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()
