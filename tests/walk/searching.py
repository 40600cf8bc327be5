"""Where a marker is sought: in every answer that somebody can fetch, in letters, and in addresses of pages."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

import httpx

from api.http.queries import READS
from tests.journey.leaking import encodings
from tests.walk.people import Human

_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
_LINK: Final = re.compile(r'href="(/[^"#]*)')
MOST: Final = 150
"""The most pages of one person that are opened."""


@dataclass(frozen=True)
class Answer:
    """What came back for one address: its headers and its body, of which files in archives are unpacked."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> bytes:
        """All of it, in each way in which a text may stand there."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode()
        body = self.body
        if body.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                body = b"\n".join(archive.read(name) for name in archive.namelist())
        return b"\n".join((headers, body, html.unescape(body.decode("utf-8", "replace")).encode()))


def pages_of(person: Human, *beginnings: str) -> list[Answer]:
    """Every page and file that somebody finds by following links."""
    todo, found = ["/", "/me", "/calls", "/applications", "/reviews", "/grants", *beginnings], list[Answer]()
    seen = set[str]()
    request = person.page.context.request
    while todo:
        path = todo.pop(0)
        if path in seen or "lang=" in path:
            continue
        seen.add(path)
        got = request.get(person.house.address + path, headers={"Accept": "text/html,*/*;q=0.1"})
        found.append(Answer(path, got.status, got.headers, got.body()))
        if "text/html" in got.headers.get("content-type", ""):
            todo += [html.unescape(link) for link in _LINK.findall(got.text())]
        assert len(found) < MOST, "there are more pages than one person can have"
    return found


def key_of(person: Human) -> str:
    """An access key, which somebody makes for themselves by page."""
    person.go("/me/access")
    person.page.locator("details:has(form#token) > summary").click()
    person.press(person.say("Make it"), "token", {"#label": "search"})
    found = re.search(r"ow_[A-Za-z0-9_-]{20,}", person.page.content())
    assert found, person.text()
    return found[0]


def json_of(person: Human) -> list[Answer]:
    """What somebody is answered by JSON, to every question about everything that there is."""
    ids: dict[str, list[str]] = {}
    for stream in person.house.streams():
        ids.setdefault(stream.rsplit("-", 1)[0], []).append(stream)
    found = []
    with httpx.Client(base_url=person.house.address, timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {key_of(person)}"
        for read in READS:
            (*names,) = _PARAMETER.findall(read.path)
            assert len(names) <= 1, read.path
            for one in ids.get(names[0], []) if names else [""]:
                path = _PARAMETER.sub(one, read.path)
                got = client.get(path)
                found.append(Answer(path, got.status_code, got.headers, got.content))
    return found


def found_in(answers: Iterable[Answer], markers: Mapping[str, str]) -> set[tuple[str, str]]:
    """Which marker stands in which answer."""
    sought = {name: tuple(encodings(marker).values()) for name, marker in markers.items()}
    return {
        (name, answer.path)
        for answer in answers
        for said in [answer.said]
        for name, forms in sought.items()
        if any(form in said for form in forms)
    }


def outside_of(letter: EmailMessage) -> str:
    """What everybody who carries a letter can read: its headers, decoded and as they are sent, but for the address."""
    return "\n".join(
        text
        for name, value in letter.items()
        if name not in ("To", "X-RcptTo")
        for text in (f"{name}: {value}", letter.policy.fold(name, value))
    )


def in_letters(letters: Iterable[EmailMessage], markers: Mapping[str, str]) -> set[tuple[str, str]]:
    """Which marker stands on the outside of which letter."""
    return {
        (name, str(letter["Subject"]))
        for letter in letters
        for outside in [outside_of(letter)]
        for name, marker in markers.items()
        if marker in outside
    }


def in_addresses(addresses: Iterable[str], markers: Mapping[str, str]) -> set[tuple[str, str]]:
    """Which marker stands in which address of a page, however it is spelt."""
    return found_in([Answer(address, 0, {}, address.encode()) for address in set(addresses)], markers)
