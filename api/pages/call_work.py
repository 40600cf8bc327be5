"""What the pages share on which staff write a call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from api.inputs.submitted import Plain, row_number
from api.locales import LANGUAGES
from api.pages.visits import Visit
from domain.calls.state import CALL, Call, CallStatus
from domain.initiatives.state import INITIATIVE, Initiative
from domain.refusals import NotFound
from domain.stages import Stage
from domain.texts import Texts
from domain.values import Role
from projections.versions import Version

T = TypeVar("T")

MOVE: Final = "move"
"""The name of the buttons that change an order: ``up 2``, ``down 2``, ``copy 2`` or ``remove 2``, with a row's number."""


@dataclass(frozen=True, slots=True)
class Work:
    """A call as those see it who write it, with the version that they see."""

    id: str
    call: Call
    version: Version
    house: Initiative

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which the call is written."""
        return tuple(self.call.title)

    @property
    def house_languages(self) -> tuple[str, ...]:
        """The languages in which the call could be written: those of the initiative, and those that it has already."""
        return tuple(dict.fromkeys((*(self.house.languages or tuple(LANGUAGES)), *self.call.title)))

    @property
    def drafted(self) -> bool:
        """Whether the call is not published yet."""
        return self.call.status is CallStatus.DRAFTED


async def work_of(visit: Visit) -> Work:
    """The call in the page's address, for its officers; raises `NotFound` for others."""
    reader, call_id = visit.wiring.reader, visit.path["call"]
    loaded = (await reader.load((CALL, call_id)))[call_id]
    call: Call = loaded.state
    house: Initiative = await reader.the(INITIATIVE, call.initiative)
    if Role.OFFICER not in house.within(call_id).roles(visit.who):
        raise NotFound
    return Work(call_id, call, Version(call_id, loaded.told), house)


def stage_of(visit: Visit, work: Work) -> Stage:
    """The stage in the page's address; raises `NotFound`."""
    found = next((each for each in work.call.stages if each.id == visit.path["stage"]), None)
    if found is None:
        raise NotFound
    return found


def free(beginning: str, taken: Iterable[str]) -> str:
    """An id that nobody needs to see: ``q4``, the first that is free."""
    used = set(taken)
    number = len(used) + 1
    while f"{beginning}{number}" in used:
        number += 1
    return f"{beginning}{number}"


def texts(typed: Any) -> Texts:  # Any: whatever was sent
    """A text in several languages as it was typed, without the languages that were left empty."""
    if not isinstance(typed, dict):
        return {}
    return {code: text for code, text in typed.items() if isinstance(text, str) and text.strip()}


def rows(typed: Any) -> list[Plain]:  # Any: whatever was sent
    """The rows of a table as they were typed."""
    return [each for each in typed if isinstance(each, dict)] if isinstance(typed, list) else []


def start_of(place: str, texts: Texts) -> dict[str, str]:
    """The initial values of the inputs for a text in several languages."""
    return {f"{place}.{code}": text for code, text in texts.items()}


def moved(items: Sequence[T], move: Any, copy: T | None = None) -> list[T]:  # Any: whatever was sent
    """The items after a button of name `MOVE` was pressed; as they were for any other value. `copy` is the item that
    ``copy`` adds."""
    what, _, number = move.partition(" ") if isinstance(move, str) else ("", "", "")
    found = list(items)
    at = row_number(number)
    if at is None or at >= len(found):
        return found
    match what:
        case "up" if at > 0:
            found[at - 1], found[at] = found[at], found[at - 1]
        case "down" if at < len(found) - 1:
            found[at + 1], found[at] = found[at], found[at + 1]
        case "remove":
            del found[at]
        case "copy" if copy is not None:
            found.insert(at + 1, copy)
        case _:
            pass
    return found
