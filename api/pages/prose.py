"""Long texts of the staff as HTML: paragraphs, line breaks, lists and links, and nothing else. What looks like HTML or Markdown
is shown as it was typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Final

_PARAGRAPHS: Final = re.compile(r"\n[^\S\n]*\n\s*")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"“”«»]+")
_AFTER: Final = ".,;:!?'’…"
"""Punctuation at the end of an address belongs to the sentence around it."""
_KEPT: Final = 200
"""How many texts are kept as HTML: they are the staff's, and change seldom."""
_ITEM: Final = ("- ", "– ", "— ", "• ")


@lru_cache(_KEPT)
def prose(text: str) -> str:
    """A text as paragraphs. Lines that begin with a dash or a bullet become a list."""
    return "".join(_paragraph(each.split("\n")) for each in _PARAGRAPHS.split(_plain(text)) if each)


def linked(text: str) -> str:
    """A text as one line, in which web addresses are links that tell the other site nothing about this one."""
    found, begin = [], 0
    for match in _ADDRESS.finditer(text):
        address = _address(match[0])
        found += [escape(text[begin : match.start()]), _link(address)]
        begin = match.start() + len(address)
    return "".join([*found, escape(text[begin:])])


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _paragraph(lines: Sequence[str]) -> str:
    parts = []
    for listed, some in groupby(lines, lambda line: line.lstrip().startswith(_ITEM)):
        if listed:
            items = "".join(f"<li>{linked(line.lstrip()[2:].strip())}</li>" for line in some)
            parts.append(f"<ul>{items}</ul>")
        else:
            parts.append(f"<p>{'<br>'.join(linked(line.strip()) for line in some)}</p>")
    return "".join(parts)


def _address(found: str) -> str:
    """What was found without the punctuation that follows it; a closing bracket stays if it was opened in the address."""
    while found and (
        found[-1] in _AFTER
        or (found[-1] in ")]" and found.count(found[-1]) > found.count("(["[found[-1] == "]"]))
    ):
        found = found[:-1]
    return found


def _link(address: str) -> str:
    whole = escape(address)
    if address in ("http://", "https://") or address.endswith("//"):
        return whole
    return f'<a href="{whole}" rel="noopener noreferrer">{whole}</a>'
