"""The columns of a list that can be downloaded: what each is called, what kind of values it has, and where they are in
an item."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from api.locales import Locale
from domain.messages import At, Message, msg
from domain.values import Money
from projections.calls import CallDetail

T = TypeVar("T")

Cell = str | int | Decimal | date | datetime | None
"""The value of a cell. A datetime has the offset of its time zone."""
Value = Cell | Message | Money | At
"""What a column reads from an item: a message is said in the reader's language."""


class Kind(enum.Enum):
    """What a column holds. Money takes two columns, amount and currency, and a moment takes two, time and time zone."""

    TEXT = enum.auto()
    NUMBER = enum.auto()
    MONEY = enum.auto()
    DAY = enum.auto()
    MOMENT = enum.auto()


@dataclass(frozen=True, slots=True)
class Around:
    """What a list's items refer to: their calls as the viewer sees them, by id, and the names of the viewer's own
    organisations."""

    calls: Mapping[str, CallDetail] = field(default_factory=dict)
    organisations: Mapping[str, str] = field(default_factory=dict)

    def zone(self, call: str) -> str:
        """The time zone of a call; of one that cannot be read, UTC, which is named beside the time."""
        return self.calls[call].time_zone if call in self.calls else "UTC"


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: `read` takes its value from an item. A value that the viewer may not see is None."""

    label: Message
    kind: Kind
    read: Callable[[T, Around], Value]

    def headings(self, locale: Locale) -> tuple[str, ...]:
        """The headings of its cells."""
        said = locale.say(self.label)
        match self.kind:
            case Kind.MONEY:
                return said, locale.say(msg("{column}: currency", column=said))
            case Kind.MOMENT:
                return said, locale.say(msg("{column}: time zone", column=said))
            case _:
                return (said,)

    def cells(self, item: T, around: Around, locale: Locale) -> tuple[Cell, ...]:
        """The cells of an item."""
        value = self.read(item, around)
        match self.kind:
            case Kind.MONEY:
                assert value is None or isinstance(value, Money)
                return (None, None) if value is None else (Decimal(value.amount), value.currency)
            case Kind.MOMENT:
                assert value is None or isinstance(value, At)
                return (None, None) if value is None else (_there(value), value.zone)
            case _:
                assert not isinstance(value, Money | At)
                return (capital(locale.say(value)) if isinstance(value, Message) else value,)


def text(label: Message, read: Callable[[T, Around], str | Message | None]) -> Column[T]:
    """A column of texts."""
    return Column(label, Kind.TEXT, read)


def number(label: Message, read: Callable[[T, Around], int | Decimal | None]) -> Column[T]:
    """A column of numbers."""
    return Column(label, Kind.NUMBER, read)


def money(label: Message, read: Callable[[T, Around], Money | None]) -> Column[T]:
    """A column of sums."""
    return Column(label, Kind.MONEY, read)


def day(label: Message, read: Callable[[T, Around], date | None]) -> Column[T]:
    """A column of days."""
    return Column(label, Kind.DAY, read)


def moment(label: Message, read: Callable[[T, Around], At | None]) -> Column[T]:
    """A column of moments."""
    return Column(label, Kind.MOMENT, read)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as it is written into a file: a title, headings, rows, and sentences that stand below the rows."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


def sheet_of(
    title: Message,
    columns: Sequence[Column[Any]],  # Any: the items of any list
    items: Sequence[Any],
    around: Around,
    notes: Sequence[Message],
    locale: Locale,
) -> Sheet:
    """A list's items as headings and rows, in the reader's language."""
    return Sheet(
        title=locale.say(title),
        headings=[heading for column in columns for heading in column.headings(locale)],
        rows=[[cell for column in columns for cell in column.cells(item, around, locale)] for item in items],
        notes=[locale.say(note) for note in notes],
    )


def capital(words: str) -> str:
    """Words with a capital letter at their beginning."""
    return words[:1].upper() + words[1:]


def _there(at: At) -> datetime:
    return at.moment.astimezone(ZoneInfo(at.zone)).replace(microsecond=0)
