"""The entries of a timeline: a fact in words, with what it is about and who acted, for one reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from domain.applications.state import APPLICATION
from domain.dossiers import DossierErased
from domain.funds import FundCommitted, FundReleased
from domain.grants.state import GRANT
from domain.messages import Message
from domain.panels.facts import PanelOutcomeSet
from domain.panels.state import PANEL
from domain.parties import Actor
from domain.readings import ReadingRecorded
from domain.reviews.facts import JUDGING
from domain.reviews.state import REVIEW
from domain.rounds.facts import RoundQuorumLowered
from domain.rounds.state import ROUND, Round
from domain.values import Role
from history.documents import Recorded
from projections.paging import ResultPage
from projections.reader import QueryRow, recorded_in
from projections.timeline.naming import NAMELESS, Name
from projections.words import TellingContext, words
from projections.words.telling import THE_JURY, Numbers, actor_words

JURY_ROLES: Final = frozenset(str(role) for role in JUDGING)
_THE_JURY: Final = "the jury"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry is about: its `kind` (an application, a grant, a round, a call or a fund) and `id`, the `call` that it
    belongs to, if any, and the `name` by which this reader knows it: an application's title where it is theirs to know,
    else its handle; a grant has that of its application. `opens` says whether they can open the thing: not an application
    with which they declared a conflict of interest."""

    kind: str
    id: str
    call: str | None
    name: Message | None
    opens: bool = True


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact in words.

    `stream` and `topic` say which kind of fact it is; which one of its stream would tell how many are not shown. `at` is
    when it was decided, and `day` the day on the timeline's calendar (`zone`). `role` is the one acted in, or "the jury" to
    the applicant; `handle` stands for the person within the call or fund, None for the program's own acts and where it is
    not told; `actor` says both in words, numbered within this timeline: Officer 1, Juror B. `what` is the whole sentence,
    `why` the reason, and `changed` what the sentence does not say.
    """

    stream: str
    topic: str
    at: datetime
    day: date
    role: str
    handle: str | None
    actor: Message
    about: About
    what: Message
    why: Message | None
    changed: tuple[Message, ...]


class Timeline(ResultPage[TimelineEntry], frozen=True, kw_only=True):
    """One page of a timeline, in the order in which things were decided; its days are those of the time zone `zone`."""

    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A timeline that somebody opened in `role`: of which `thing`, as of which position (`at`), and how things are said.

    Of the rounds `around` an application, one for each of its stages, what is for applicants is told with it.
    What is about the `rounds` or the applications that the viewer judges (`judged`) is left out; of the applications to
    which they are `tied`, what is for applicants alone is told. `names` are those of other things than applications; the
    `states` of rounds, and the applications with which the viewer declared `conflicts`, are there where they are known.
    """

    viewer: Actor
    role: Role
    thing: str
    at: int
    around: Collection[str] = ()
    zone: str = "UTC"
    currency: str = ""
    places: bool = True
    rounds: Collection[str] = ()
    judged: Collection[str] = ()
    tied: Collection[str] = ()
    names: Mapping[str, Name] = field(default_factory=dict)
    states: Mapping[str, Round] = field(default_factory=dict)
    conflicts: Collection[str] | None = None

    def nameless(self, role: str, application: str | None) -> bool:
        """Whether it is not told who of the jury acted: to the applicant."""
        return (self.role is Role.APPLICANT or application in self.tied) and role in JURY_ROLES


def entry_of(row: QueryRow, asked: Asked, names: Mapping[str, Name], numbers: Numbers) -> TimelineEntry:
    recorded = recorded_in(row)
    acting, at = recorded.envelope.acting, recorded.envelope.decided_at
    # That somebody has read is told, but not who. The id of the stream would tell it: it is made of person and round.
    read = recorded.fact if isinstance(recorded.fact, ReadingRecorded) else None
    by_jury = asked.nameless(acting.role, row["application"])
    handle = None if by_jury or read is not None else acting.handle
    kind, thing, name = _about(recorded, row, names)
    actor = (
        THE_JURY
        if by_jury
        else actor_words(acting.role, handle, numbers, of_grant=recorded.stream.startswith(f"{GRANT.kind}-"))
    )
    said = words(
        recorded.fact,
        TellingContext(actor=actor, about=name.said, currency=asked.currency, places=asked.places),
    )
    return TimelineEntry(
        stream=recorded.stream if read is None else read.round,
        topic=recorded.topic,
        at=at,
        day=at.astimezone(UTC if asked.zone == "UTC" else ZoneInfo(asked.zone)).date(),
        role=_THE_JURY if by_jury else acting.role,
        handle=handle,
        actor=actor,
        about=About(
            kind=kind,
            id=thing,
            call=name.call,
            name=name.shown,
            opens=thing not in (asked.conflicts or ()),
        ),
        what=said.what,
        why=said.why,
        changed=said.changed,
    )


def _about(recorded: Recorded, row: QueryRow, names: Mapping[str, Name]) -> tuple[str, str, Name]:
    """What a fact is about: the kind and the id of the thing, and its name. A grant has its application's."""
    fact, stream = recorded.fact, recorded.stream
    kind = stream.partition("-")[0]
    if isinstance(fact, (FundCommitted, FundReleased)):
        return GRANT.kind, fact.grant, names.get(row["application"], NAMELESS)
    if isinstance(fact, (PanelOutcomeSet, RoundQuorumLowered)):
        return APPLICATION.kind, fact.application, names.get(fact.application, NAMELESS)
    if isinstance(fact, DossierErased):
        return fact.about.partition("-")[0], fact.about, names.get(row["application"], NAMELESS)
    if isinstance(fact, ReadingRecorded):
        return ROUND.kind, fact.round, names.get(fact.round, NAMELESS)
    if kind == PANEL.kind:
        return ROUND.kind, row["round"], names.get(row["round"], NAMELESS)
    if kind == REVIEW.kind:
        return APPLICATION.kind, row["application"], names.get(row["application"], NAMELESS)
    return kind, stream, names.get(row["application"] if kind == GRANT.kind else stream, NAMELESS)
