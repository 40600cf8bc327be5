"""Every setting of an installation, with its name, default and meaning.

The environment is read once, by `read_settings`. The table in docs/settings.md is `as_markdown()` (`python -m api.run.settings` prints
it), and `overwinter doctor` shows `described(settings)`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from api.run.setting_values import (
    LOG_LEVELS,
    MailServer,
    Network,
    SettingsError,
    read_address,
    read_database,
    read_folder,
    read_host,
    read_log_level,
    read_mail_server,
    read_networks,
    read_port,
    read_public_url,
    read_switch,
    whole_number_from,
)

SUPERVISED: Final = "OVERWINTER_SUPERVISED"
"""Set by `overwinter demo` for the processes that it starts; not a setting for users."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    name: str
    default: str
    text: str
    read: Callable[[str], Any]
    """Converts the variable's text to the value; raises ValueError with what the value must be."""


def _setting(name: str, default: str, text: str, read: Callable[[str], Any], *, shown: bool = True) -> Any:
    return field(metadata={"setting": _Meaning(name, default, text, read)}, repr=shown)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings from the environment, checked. Paths are absolute."""

    database_url: str | None = _setting(
        "DATABASE_URL",
        "",
        "Your own PostgreSQL server (15 or newer), as `postgresql://user:password@host:5432/database`. Without it, an "
        "embedded PostgreSQL keeps its data in `DATA_DIR`.",
        read_database,
        shown=False,
    )
    read_database_url: str | None = _setting(
        "READ_DATABASE_URL",
        "",
        "A streaming replica of the database at `DATABASE_URL`, in the same form. Queries and the building of read models "
        "read from it; access checks, keys and commands use the primary, which does everything while the replica is not "
        "available.",
        read_database,
        shown=False,
    )
    data_dir: Path = _setting(
        "DATA_DIR",
        ".data",
        "The folder of the embedded database and its log. A demonstration keeps its keys there, too.",
        read_folder,
    )
    host: str = _setting(
        "OVERWINTER_HOST",
        "127.0.0.1",
        "The address on which pages and API are served. To open it to others, put a proxy with TLS in front of it.",
        read_host,
    )
    port: int = _setting("OVERWINTER_PORT", "8000", "The port on which they are served.", read_port)
    proxies: tuple[Network, ...] = _setting(
        "OVERWINTER_PROXIES",
        "127.0.0.1, ::1",
        "The addresses or networks of the proxies in front of it. Their own connections are not counted; requests through "
        "them are counted for the last address in `X-Forwarded-For`.",
        read_networks,
    )
    connections: int = _setting(
        "OVERWINTER_CONNECTIONS",
        "500",
        "The most connections that can be open at a time.",
        whole_number_from(1, 100_000),
    )
    connections_per_address: int = _setting(
        "OVERWINTER_CONNECTIONS_PER_ADDRESS",
        "50",
        "The most connections from one address; behind a proxy, the most requests at a time.",
        whole_number_from(1, 100_000),
    )
    header_bytes: int = _setting(
        "OVERWINTER_HEADER_BYTES",
        "32000",
        "The largest size of a request's address and headers together, in bytes.",
        whole_number_from(1_000, 1_000_000),
    )
    headers: int = _setting(
        "OVERWINTER_HEADERS", "100", "The most headers of a request.", whole_number_from(10, 10_000)
    )
    header_seconds: int = _setting(
        "OVERWINTER_HEADER_SECONDS",
        "15",
        "The time in which a request's headers must arrive.",
        whole_number_from(1, 3_600),
    )
    body_seconds: int = _setting(
        "OVERWINTER_BODY_SECONDS",
        "120",
        "The time in which a request's body must arrive, and the longest pause of a client that reads its answer.",
        whole_number_from(1, 3_600),
    )
    most_fields: int = _setting(
        "OVERWINTER_FIELDS",
        "1000",
        "The most fields of a form, or of one object of a JSON body (such as the answers of an application).",
        whole_number_from(100, 100_000),
    )
    keys: Path = _setting(
        "OVERWINTER_KEYS",
        "DATA_DIR-keys",
        "The key folder: `wrapping-1.key` (2, 3, … after rotations) wraps the keys that seal personal data, and `index.key` "
        "is for keyed hashes, for example of registered e-mail addresses. All processes of an installation share it. It "
        "must be outside `DATA_DIR`, by default beside it (only a demonstration has it in `DATA_DIR/keys`). Keep it away "
        "from the database server and out of every backup and snapshot: together with the database it reveals personal "
        "data, and an old copy still opens data that was erased since.",
        read_folder,
    )
    key_backup: Path | None = _setting(
        "OVERWINTER_KEY_BACKUP",
        "",
        "A folder on another disk or machine for the key backup, a single file that `overwinter backup` writes and each "
        "key rotation overwrites. Keep no older version of it, and keep it apart from copies of the database. Without it, "
        "losing `OVERWINTER_KEYS` means losing all personal data.",
        read_folder,
    )
    demo: bool = _setting(
        "OVERWINTER_DEMO",
        "0",
        "`1` makes it a demonstration, with a clock that can be set forward. The first fact of the history records this "
        "permanently. Never use it for real grants.",
        read_switch,
    )
    public_url: str | None = _setting(
        "OVERWINTER_PUBLIC_URL",
        "",
        "The address that people use, such as `https://grants.example.org`, if a proxy is in front of it.",
        read_public_url,
    )
    smtp: MailServer | None = _setting(
        "OVERWINTER_SMTP",
        "",
        "The mail server for letters, as `smtp://user:password@host:587` (with STARTTLS, unless the host is this machine) or "
        "`smtps://user:password@host:465`. Without it, nobody can sign in by e-mail; in a demonstration, letters are shown on "
        "the page `/outbox`.",
        read_mail_server,
        shown=False,
    )
    mail_from: str | None = _setting(
        "OVERWINTER_MAIL_FROM",
        "",
        "The address from which letters are sent, such as `grants@example.org`.",
        read_address,
    )
    log_level: str = _setting(
        "OVERWINTER_LOG", "info", f"How much is logged: {', '.join(LOG_LEVELS)}.", read_log_level
    )

    @property
    def embedded_folder(self) -> Path:
        """The folder of the embedded PostgreSQL, which nothing else uses."""
        return self.data_dir / "postgres"

    @property
    def writes_letters(self) -> bool:
        """Whether people can be written to: by a mail server, or in a demonstration, which shows the letters."""
        return self.smtp is not None or self.demo

    @property
    def address(self) -> str:
        """The address that people use: `OVERWINTER_PUBLIC_URL`, or the one on which it is served."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Described:
    """One setting for display: `value` contains no secret; `source` is "environment" or "default"."""

    name: str
    value: str
    default: str
    meaning: str
    source: str


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from an environment (by default, that of the process). An empty variable counts as absent.

    Raises `SettingsError`, whose message names the setting.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for each in fields(Settings):
        setting: _Meaning = each.metadata["setting"]
        text = environ.get(setting.name, "") or setting.default
        if each.name == "keys" and text == setting.default:
            continue  # set below, because it depends on other settings
        try:
            values[each.name] = setting.read(text) if text else None
        except ValueError as error:
            raise SettingsError(f"The setting {setting.name} {error}.") from None
    if "keys" not in values:
        data_dir = values["data_dir"]
        values["keys"] = data_dir / "keys" if values["demo"] else Path(f"{data_dir}-keys")
    if values["read_database_url"] is not None and values["database_url"] is None:
        raise SettingsError(
            "The setting READ_DATABASE_URL needs DATABASE_URL, the database of which it is a replica."
        )
    if values["smtp"] is not None:
        for name, needed in (("mail_from", "OVERWINTER_MAIL_FROM"), ("public_url", "OVERWINTER_PUBLIC_URL")):
            if values[name] is None:
                raise SettingsError(f"The setting OVERWINTER_SMTP needs {needed} too.")
    return Settings(**values)


def described(settings: Settings, environ: Mapping[str, str] | None = None) -> tuple[Described, ...]:
    """Every setting with its value, without secrets."""
    environ = os.environ if environ is None else environ
    shown = []
    for each in fields(Settings):
        setting: _Meaning = each.metadata["setting"]
        value = getattr(settings, each.name)
        if each.name == "database_url":
            value = "embedded, in DATA_DIR" if value is None else without_secrets(value)
        elif each.name == "read_database_url":
            value = "" if value is None else without_secrets(value)
        elif isinstance(value, MailServer):
            value = f"{'smtps' if value.tls else 'smtp'}://{value.host}:{value.port}"
        elif isinstance(value, bool):
            value = "1" if value else "0"
        elif isinstance(value, tuple):
            value = ", ".join(str(network).removesuffix("/32").removesuffix("/128") for network in value)
        source = "environment" if environ.get(setting.name) else "default"
        shown.append(
            Described(
                setting.name, "" if value is None else str(value), setting.default, setting.text, source
            )
        )
    return tuple(shown)


def unknown_names(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Environment variables that look like settings of this program but are not, probably because of a typing mistake."""
    environ = os.environ if environ is None else environ
    known = {SUPERVISED, *(each.metadata["setting"].name for each in fields(Settings))}
    return tuple(sorted(name for name in environ if name.startswith("OVERWINTER_") and name not in known))


def without_secrets(database_url: str) -> str:
    """A database address with only user, host, port and name."""
    from psycopg.conninfo import conninfo_to_dict

    known = {name: quote(str(value), safe="/:") for name, value in conninfo_to_dict(database_url).items()}
    user = f"{known['user']}@" if "user" in known else ""
    port = f":{known['port']}" if "port" in known else ""
    return f"postgresql://{user}{known.get('host', '')}{port}/{known.get('dbname', '')}"


def as_markdown() -> str:
    """The table of settings for docs/settings.md."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for each in fields(Settings):
        setting: _Meaning = each.metadata["setting"]
        default = f"`{setting.default}`" if setting.default else "none"
        lines.append(f"| `{setting.name}` | {default} | {setting.text} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201 - printing is its purpose
