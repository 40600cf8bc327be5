"""The table of topics in docs/history-format.md, generated from the topic register.

``python -m tests.history.topic_table`` writes it; a test fails if it is not up to date.
"""

from __future__ import annotations

import types
from pathlib import Path
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from domain.deciding import Fact
from domain.personal import personal_fields
from domain.topics import TOPICS

PAGE: Final = Path(__file__).parents[2] / "docs" / "history-format.md"
_BEGIN: Final = "<!-- topics: begin -->\n"
_END: Final = "<!-- topics: end -->\n"


def table() -> str:
    """A line for each topic: its public fields, and its sealed ones with the field that names their subject."""
    lines = ["| topic | public | sealed |", "|---|---|---|"]
    lines += [_line(topic, TOPICS[topic]) for topic in sorted(TOPICS)]
    return "\n".join(lines) + "\n"


def _line(topic: str, kind: type[Fact]) -> str:
    hints = get_type_hints(kind, include_extras=True)
    personal = personal_fields(kind)
    shown = {name: f"`{name}/…`" if _is_split(hints[name]) else f"`{name}`" for name in sorted(hints)}
    public = [text for name, text in shown.items() if name not in personal and name in kind.__struct_fields__]
    sealed = [f"{shown[name]} (of `{personal[name]}`)" for name in sorted(personal)]
    return f"| `{topic}` | {', '.join(public)} | {', '.join(sealed) or '–'} |"


def _is_split(hint: Any) -> bool:
    """Whether a field of this type is stored as an object."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _is_split(get_args(hint)[0])
    if origin in (Union, types.UnionType):
        return any(_is_split(part) for part in get_args(hint))
    return origin is dict or (isinstance(hint, type) and issubclass(hint, msgspec.Struct))


def in_page(text: str) -> str:
    """The page with an up-to-date table."""
    before, _, rest = text.partition(_BEGIN)
    return before + _BEGIN + table() + _END + rest.partition(_END)[2]


if __name__ == "__main__":
    PAGE.write_text(in_page(PAGE.read_text("utf-8")), "utf-8")
