"""Golden examples of stored facts, one for each topic, made once with fixed keys and seeds and then never changed.

``python -m tests.history.golden`` writes an example for each topic that has none yet, and adds its digest to
``golden/released.sha256``. It never changes an existing example. Until the first release, an example that must change can
be deleted together with its line in that list.
"""

from __future__ import annotations

import enum
import json
import types
from datetime import UTC, date, datetime
from hashlib import sha256, shake_256
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from domain.deciding import Fact
from domain.personal import Withheld, personal_fields
from domain.topics import TOPICS
from history.documents import opener, read, write
from history.format.envelope import Acting, Envelope, How, Place

FOLDER = Path(__file__).parent / "golden"
RELEASED = FOLDER / "released.sha256"
SUBJECT = "person-" + "5" * 32
HISTORY = "0123456789abcdef" * 2
KEY = b"\x07" * 32


def example(hint: Any, name: str = "") -> Any:
    """An example value of a type, always the same."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return example(arguments[0], name)
    if origin in (Union, types.UnionType):
        return example(next(part for part in arguments if part not in (type(None), Withheld)), name)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return (example(arguments[0], name),)
    if origin is dict:
        return {"one": example(arguments[1], name), "two": example(arguments[1], name)}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return next(iter(hint))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return fact_of(hint)
    plain = {
        bool: True,
        int: 1250,
        str: f"Пример: {name}",
        datetime: datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        date: date(2026, 3, 1),
    }
    return plain[hint]


def fact_of(kind: type[msgspec.Struct]) -> Any:
    """An example of a struct; its data subjects are all `SUBJECT`."""
    hints = get_type_hints(kind, include_extras=True)
    values = {name: example(hints[name], name) for name in kind.__struct_fields__}
    values.update(dict.fromkeys(personal_fields(kind).values(), SUBJECT))
    return kind(**values)


def fixed_random() -> Any:
    """Reproducible pseudo-random bytes: SHAKE256 of a counter."""
    numbers = count(1)
    return lambda size: shake_256(b"golden" + next(numbers).to_bytes(4, "big")).digest(size)


def envelope_of(topic: str) -> Envelope:
    """The envelope of an example."""
    return Envelope(
        acting=Acting(handle="k7m2p9qrst", role="officer", scope="call-" + "3" * 32),
        actor=SUBJECT,
        decided_at=datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC),
        how=How(cause=None, channel="api", command="4" * 32),
        place=Place(
            initiative="initiative-" + "1" * 32,
            previous="ab" * 32,
            stream=topic.partition(".")[0] + "-" + "2" * 32,
            version=2,
        ),
    )


def golden(topic: str, kind: type[Fact]) -> str:
    """The text of a topic's golden file."""
    fact = fact_of(kind)
    stored = write(fact, HISTORY, envelope_of(topic), {SUBJECT: KEY}, fixed_random())
    reread = read(topic, stored.document, opener({SUBJECT: KEY})).fact
    assert reread == fact
    content = {
        "topic": topic,
        "key": KEY.hex(),
        "document": stored.document.decode(),
        "leaf": stored.leaf.hex(),
        "fact": json.loads(msgspec.json.encode(fact)),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write the missing examples."""
    FOLDER.mkdir(exist_ok=True)
    for topic, kind in sorted(TOPICS.items()):
        path = FOLDER / f"{topic}.json"
        if not path.exists():
            text = golden(topic, kind)
            path.write_text(text, "utf-8")
            with RELEASED.open("a") as released:
                released.write(f"{sha256(text.encode()).hexdigest()}  {path.name}\n")


if __name__ == "__main__":
    main()
