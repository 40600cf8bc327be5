"""The entries of a timeline: a fact in words, with what it is about and who acted, for one reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec

from domain.applications.state import APPLICATION
from domain.deciding import Fact
from domain.dossiers import DossierErased
from domain.funds import FundCommitted, FundReleased
from domain.grants.state import GRANT
from domain.messages import Message
from domain.panels.facts import PanelOpened, PanelOutcomeSet
from domain.panels.state import PANEL
from domain.parties import Actor
from domain.readings import ReadingRecorded
from domain.reviews.state import REVIEW
from domain.rounds.facts import RoundClosed, RoundQuorumLowered
from domain.rounds.state import ROUND, Round
from domain.values import Role
from history.documents import Recorded
from projections.paging import ResultPage
from projections.reader import QueryRow, recorded_in
from projections.timeline.naming import NAMELESS, Name
from projections.words import SentenceContext, words
from projections.words.sentences import Numbers, actor_words


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry is about: its `kind` (an application, a grant, a round, a call or a fund) and `id`, the `call` that
    it belongs to, if any, and the `name` that this reader may know: an application's title or its handle; for a grant,
    the name of its application. `opens`: whether the reader can open it, which excludes applications with which they
    declared a conflict of interest."""

    kind: str
    id: str
    call: str | None
    name: Message | None
    opens: bool = True


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact in words.

    `stream` and `topic` name the kind of fact; the exact stream would show how many are hidden. `at` is when it was
    decided, and `day` is the day on the timeline's calendar (`zone`). `role` is the role acted in; `handle` stands for
    the person within the call or fund, None for the program's own commands and if it is hidden; `actor` is both in
    words, numbered within this timeline: Officer 1, Juror B, Finance 2 (also Officer 1). `what` is the whole sentence, `why` the reason, and
    `changed` what the sentence does not say.
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
    """One page of a timeline, in the order of decisions; its days are those of the time zone `zone`."""

    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A timeline that was opened in `role`: the `thing`, the position of the answer (`at`), and how things are named.
    The rounds `around` an application, one for each of its stages, add what is for applicants. `only`: facts about other
    rounds than these are left out, because they opened after access was checked. Facts about `rounds` and about
    applications that the viewer judges (`judged`) or must not read (`avoided`) are left out; of applications to which they are `tied`, only what is
    for applicants is shown. `names` are those of other things than applications; the `states` of rounds, and the
    applications with which the viewer declared `conflicts`, are given if they are known."""

    viewer: Actor
    role: Role
    thing: str
    at: int
    around: Collection[str] = ()
    zone: str = "UTC"
    currency: str = ""
    places: bool = True
    only: Collection[str] | None = None
    rounds: Collection[str] = ()
    judged: Collection[str] = ()
    avoided: Collection[str] = ()
    tied: Collection[str] = ()
    names: Mapping[str, Name] = field(default_factory=dict)
    states: Mapping[str, Round] = field(default_factory=dict)
    conflicts: Collection[str] | None = None


def entry_of(row: QueryRow, asked: Asked, names: Mapping[str, Name], numbers: Numbers) -> TimelineEntry:
    recorded = recorded_in(row)
    acting, at = recorded.envelope.acting, recorded.envelope.decided_at
    # The reader of a reading is not shown. The stream's id would show them, because it is derived from person and
    # round.
    read = recorded.fact if isinstance(recorded.fact, ReadingRecorded) else None
    handle = acting.handle if read is None else None
    kind, thing, name = _about(recorded, row, names)
    actor = actor_words(acting.role, handle, numbers, of_grant=recorded.stream.startswith(f"{GRANT.kind}-"))
    said = words(
        _counting(recorded.fact, asked.avoided),
        SentenceContext(
            actor=actor,
            about=name.said,
            of_about=name.of or name.said,
            currency=asked.currency,
            zone=asked.zone,
            places=asked.places,
        ),
    )
    return TimelineEntry(
        stream=recorded.stream if read is None else read.round,
        topic=recorded.topic,
        at=at,
        day=at.astimezone(UTC if asked.zone == "UTC" else ZoneInfo(asked.zone)).date(),
        role=acting.role,
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


def _counting(fact: Fact, avoided: Collection[str]) -> Fact:
    """A fact that says how many applications there are, without those that the viewer must not read."""
    match fact:
        case RoundClosed() if avoided:
            return msgspec.structs.replace(
                fact, applications=tuple([each for each in fact.applications if each not in avoided])
            )
        case PanelOpened() if avoided:
            return msgspec.structs.replace(
                fact, ranking=tuple([each for each in fact.ranking if each.application not in avoided])
            )
        case _:
            return fact


def _about(recorded: Recorded, row: QueryRow, names: Mapping[str, Name]) -> tuple[str, str, Name]:
    """What a fact is about: the kind and the id of the thing, and its name. A grant has its application's name."""
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
