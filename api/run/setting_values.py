"""Reads the values of settings from text: folders, ports, addresses, and the mail server."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

Network = IPv4Network | IPv6Network

LOG_LEVELS: Final = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A setting cannot be used; the message is one sentence that names it, and never quotes a secret."""


def read_database(text: str) -> str:
    """The address of a database, as libpq takes it. Raises ValueError, which says what it must be."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    must = "must be a PostgreSQL address such as postgresql://user:password@host:5432/database"
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError(must)
    try:
        conninfo_to_dict(text)
    except (psycopg.Error, UnicodeError):
        # libpq's message may quote the address, including the password.
        raise ValueError(must) from None
    return text


def read_folder(text: str) -> Path:
    """A folder, as an absolute path. Raises ValueError, which says what it must be."""
    if "\0" in text:
        raise ValueError("must be the path of a folder")
    path = Path(text)
    try:
        path = path.expanduser()
    except RuntimeError:
        raise ValueError("must be the path of a folder; ~ cannot be used here") from None
    # Made absolute, so that a program that changes its working folder does not use another database.
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow symbolic links


def read_port(text: str) -> int:
    """A port to listen on. Raises ValueError, which says what it must be."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError("must be a number from 1 to 65535")
    return int(text)


def whole_number_from(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise ValueError(f"must be a number from {least} to {most}")
        return int(text)

    return read


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks such as ``10.0.0.0/8``, separated by commas. Raises ValueError, which says what it must be."""
    try:
        return tuple(ip_network(each.strip()) for each in text.split(","))
    except ValueError:
        raise ValueError("must be addresses or networks such as 127.0.0.1, 10.0.0.0/8") from None


def read_host(text: str) -> str:
    """The name of a host, or an address. Raises ValueError, which says what it must be."""
    if not text.isprintable() or any(each in text for each in " /@"):
        raise ValueError("must be a host name or an address such as 127.0.0.1 or ::1")
    return text


def read_switch(text: str) -> bool:
    """``1`` or ``0``. Raises ValueError, which says what it must be."""
    if text not in {"0", "1"}:
        raise ValueError("must be 1 to turn it on; leave it out to turn it off")
    return text == "1"


def read_public_url(text: str) -> str:
    """The address at which people reach the installation. Raises ValueError, which says what it must be."""
    must = "must be an address such as https://grants.example.org, with nothing after the host"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(must) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or "@" in parts.netloc:
        raise ValueError(must)
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError(must)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server. `tls`: the connection is encrypted from the beginning; otherwise STARTTLS is required, unless the host is
    this machine."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def local(self) -> bool:
        """Whether the host is this machine."""
        return self.host in {"localhost", "127.0.0.1", "::1"}


def read_mail_server(text: str) -> MailServer:
    """A mail server and how to sign in to it. Raises ValueError, which says what it must be."""
    must = "must be an address such as smtp://user:password@host:587 or smtps://user:password@host:465"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(must) from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == 0:
        raise ValueError(must)
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError(f"{must}; write special characters of the password as %23 for # and so on")
    tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if tls else 587),
        tls=tls,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def read_address(text: str) -> str:
    """The address that letters come from. Raises ValueError, which says what it must be."""
    from domain.addresses import check_email
    from domain.refusals import Invalid

    try:
        found = check_email(text)
    except Invalid:
        found = None
    if found is None:
        raise ValueError("must be an e-mail address such as grants@example.org")
    return found


def read_log_level(text: str) -> str:
    """One of `LOG_LEVELS`. Raises ValueError, which says what it must be."""
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text.lower()
