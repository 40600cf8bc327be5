"""Facts about the history itself: the stream and the exact (public) fields of each topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from history.format import names
from history.format.canonical import LARGEST
from history.format.notation import FormatError

MAPPED: Final = "history.mapped.v1"
"""The topic of a fact that carries the root of the map of streams."""
RESTORED: Final = "history.restored.v1"
"""The topic of a fact that declares a restore."""
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    MAPPED: frozenset({"root"}),
    RESTORED: frozenset({"origin", "root", "size"}),
}
_ROOT_BYTES: Final = 32


def check_own_fact(
    topic: str,
    fact: Mapping[str, Any],  # Any: what JSON holds
    has_sealed: bool,
    history: str,
    stream: str,
) -> None:
    """Raise `FormatError` if a fact about the history itself breaks a rule of its topic. Ignores other topics."""
    expected = _FIELDS.get(topic)
    if expected is None:
        return
    if stream != f"history-{history}":
        raise FormatError("A fact about the history is in another stream than the history's own.")
    if has_sealed or fact.keys() != expected or any(isinstance(value, dict) for value in fact.values()):
        raise FormatError("A fact about the history does not have exactly the fields of its topic.")
    names.check_hex(fact["root"], _ROOT_BYTES)
    if topic == RESTORED:
        names.check_origin(fact["origin"], history)
        size = fact["size"]
        if type(size) is not int or not 1 <= size <= LARGEST:
            raise FormatError("The size of a declared restore is not a number from 1 on.")
