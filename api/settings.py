"""Every setting of an installation: its name, default and meaning, here and nowhere else.

The environment is read once, by `read_settings`. The README's table is `as_markdown()` (`python -m api.settings` prints
it), and `overwinter doctor` shows `described(settings)`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
SUPERVISED: Final = "OVERWINTER_SUPERVISED"
"""What `overwinter demo` tells the processes that it starts; no setting of anybody's."""


class SettingsError(Exception):
    """A setting cannot be used; the message is one sentence that names it, and never quotes a secret."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    name: str
    default: str
    text: str
    read: Callable[[str], Any]
    """From the variable's text to the value; raises ValueError with what the value must be."""


def _setting(name: str, default: str, text: str, read: Callable[[str], Any], *, shown: bool = True) -> Any:
    return field(metadata={"setting": _Meaning(name, default, text, read)}, repr=shown)


def _database(text: str) -> str:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    must = "must be a PostgreSQL address such as postgresql://user:password@host:5432/database"
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError(must)
    try:
        conninfo_to_dict(text)
    except (psycopg.Error, UnicodeError):
        # libpq's own message may quote the address, and with it the password.
        raise ValueError(must) from None
    return text


def _folder(text: str) -> Path:
    if "\0" in text:
        raise ValueError("must be the path of a folder")
    path = Path(text)
    try:
        path = path.expanduser()
    except RuntimeError:
        raise ValueError("must be the path of a folder, and ~ has no meaning here") from None
    # Absolute from here on: a program that changes its folder must not find another database.
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a link that was meant


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError("must be a number from 1 to 65535")
    return int(text)


def _host(text: str) -> str:
    if not text.isprintable() or any(each in text for each in " /@"):
        raise ValueError("must be a host name or an address such as 127.0.0.1 or ::1")
    return text


def _switch(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("must be 1 to turn it on, and is left out otherwise")
    return text == "1"


def _public_url(text: str) -> str:
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


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text.lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What this installation is told by its environment, checked. Paths are absolute."""

    database_url: str | None = _setting(
        "DATABASE_URL",
        "",
        "A PostgreSQL (15 or newer) of your own, as `postgresql://user:password@host:5432/database`. Without it, an "
        "embedded PostgreSQL keeps its data in `DATA_DIR`.",
        _database,
        shown=False,
    )
    read_database_url: str | None = _setting(
        "READ_DATABASE_URL",
        "",
        "A streaming replica of `DATABASE_URL`'s database, in the same form. Questions are answered from it, and the read "
        "models built; what may be seen, keys and commands stay with the primary, which answers alone while the replica "
        "is away.",
        _database,
        shown=False,
    )
    data_dir: Path = _setting(
        "DATA_DIR",
        ".data",
        "The folder of the embedded database and its log. In a demonstration the keys lie in it, too.",
        _folder,
    )
    host: str = _setting(
        "OVERWINTER_HOST",
        "127.0.0.1",
        "The address that the pages and the API are served at. Put a proxy with TLS before it rather than opening it.",
        _host,
    )
    port: int = _setting("OVERWINTER_PORT", "8000", "The port that they are served at.", _port)
    keys: Path = _setting(
        "OVERWINTER_KEYS",
        "DATA_DIR-keys",
        "The folder of the keys: `wrapping-1.key` (2, 3, … after rotations) wraps the keys under which personal data is "
        "sealed, and `index.key` makes what is looked up without being told, such as a registered address. All processes "
        "of an installation share it. It must lie outside `DATA_DIR`, by default beside it (only a demonstration has it in "
        "`DATA_DIR/keys`). Keep it off the database's server and out of every backup and snapshot: whoever has both can "
        "read personal data, and after an erasure an old copy can still open what it should not.",
        _folder,
    )
    key_backup: Path | None = _setting(
        "OVERWINTER_KEY_BACKUP",
        "",
        "A folder on another disk or machine for the one backup of the keys, which `overwinter backup` writes and each "
        "rotation of the keys overwrites. Keep no older version of it, and keep it apart from the copies of the database. "
        "Without it, whoever loses `OVERWINTER_KEYS` has lost all personal data.",
        _folder,
    )
    demo: bool = _setting(
        "OVERWINTER_DEMO",
        "0",
        "`1` makes it a demonstration, with a clock that can be set forward. The history's first fact says so for ever. "
        "Never for real grants.",
        _switch,
    )
    public_url: str | None = _setting(
        "OVERWINTER_PUBLIC_URL",
        "",
        "The address that people use, such as `https://grants.example.org`, where a proxy stands before it.",
        _public_url,
    )
    log_level: str = _setting(
        "OVERWINTER_LOG", "info", f"How much is logged: {', '.join(LOG_LEVELS)}.", _log_level
    )

    @property
    def embedded_folder(self) -> Path:
        """The folder that the embedded PostgreSQL has to itself."""
        return self.data_dir / "postgres"

    @property
    def address(self) -> str:
        """The address that people are told: `OVERWINTER_PUBLIC_URL`, or where it is served."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as people are shown it: `value` holds no secret, `source` is "environment" or "default"."""

    name: str
    value: str
    default: str
    meaning: str
    source: str


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in an environment (the process's own by default). An empty variable counts as absent.

    Errors: `SettingsError`, one sentence that names the setting.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for each in fields(Settings):
        setting: _Meaning = each.metadata["setting"]
        text = environ.get(setting.name, "") or setting.default
        if each.name == "keys" and text == setting.default:
            continue  # below, as it depends on others
        try:
            values[each.name] = setting.read(text) if text else None
        except ValueError as error:
            raise SettingsError(f"The setting {setting.name} {error}.") from None
    if "keys" not in values:
        data_dir = values["data_dir"]
        values["keys"] = data_dir / "keys" if values["demo"] else Path(f"{data_dir}-keys")
    if values["read_database_url"] is not None and values["database_url"] is None:
        raise SettingsError(
            "The setting READ_DATABASE_URL needs DATABASE_URL, the database that it is a replica of."
        )
    return Settings(**values)


def described(settings: Settings, environ: Mapping[str, str] | None = None) -> tuple[Described, ...]:
    """Each setting with its value, fit to be shown."""
    environ = os.environ if environ is None else environ
    shown = []
    for each in fields(Settings):
        setting: _Meaning = each.metadata["setting"]
        value = getattr(settings, each.name)
        if each.name == "database_url":
            value = "embedded, in DATA_DIR" if value is None else without_secrets(value)
        elif each.name == "read_database_url":
            value = "" if value is None else without_secrets(value)
        elif isinstance(value, bool):
            value = "1" if value else "0"
        source = "environment" if environ.get(setting.name) else "default"
        shown.append(
            Described(
                setting.name, "" if value is None else str(value), setting.default, setting.text, source
            )
        )
    return tuple(shown)


def unknown_names(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Variables that look like settings of ours and are none: most likely a slip in a name."""
    environ = os.environ if environ is None else environ
    known = {SUPERVISED, *(each.metadata["setting"].name for each in fields(Settings))}
    return tuple(sorted(name for name in environ if name.startswith("OVERWINTER_") and name not in known))


def without_secrets(database_url: str) -> str:
    """A database's address with its user, host, port and name, and nothing else that may be in it."""
    from psycopg.conninfo import conninfo_to_dict

    known = {name: quote(str(value), safe="/:") for name, value in conninfo_to_dict(database_url).items()}
    user = f"{known['user']}@" if "user" in known else ""
    port = f":{known['port']}" if "port" in known else ""
    return f"postgresql://{user}{known.get('host', '')}{port}/{known.get('dbname', '')}"


def as_markdown() -> str:
    """The table of settings for the README."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for each in fields(Settings):
        setting: _Meaning = each.metadata["setting"]
        default = f"`{setting.default}`" if setting.default else "none"
        lines.append(f"| `{setting.name}` | {default} | {setting.text} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")  # noqa: T201 - its output is what it is for
