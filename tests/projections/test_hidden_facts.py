"""Facts of which not everybody may learn: who is outside their audience reads the same before and after them, everywhere.

Every topic whose facts are not told (`Fact.told`) is looked at, with an example of its fact that is made from its type,
so that a new one needs nothing here.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pytest

from api.http.queries import READS, QueryRoute
from domain.applications.facts import (
    ApplicationEnteredOnBehalf,
    ApplicationFoundEligible,
    ApplicationWrittenWith,
)
from domain.applications.state import APPLICATION
from domain.calls.facts import CallAwardReleased, CallAwardsConfirmed
from domain.correspondence import (
    CORRESPONDENCE,
    CorrespondenceMessageWritten,
    CorrespondenceSettled,
    correspondence_of,
)
from domain.deciding import (
    Allowed,
    Command,
    CommandContext,
    Fact,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    maybe,
)
from domain.grants.state import GRANT
from domain.panels.facts import PanelNoteWritten
from domain.personal import personal_fields
from domain.refusals import CommandRejected
from domain.reviews.state import REVIEW
from domain.rounds.facts import RoundLateAccessGranted, RoundQuorumLowered, RoundReviewsDueSet
from domain.topic import STAFF, Audience, Topic
from domain.topics import AGGREGATES, REGISTER, stream_of
from domain.values import Channel, Role
from history.implied import BY_REQUEST
from history.requests import Request
from projections import applications, raw
from projections.moments import AsOf
from tests.history import golden
from tests.projections.conftest import CANARY_ANSWERS, Season, eur
from tests.projections.reading_all import as_json
from tests.projections.test_judging_staff import holds
from tests.projections.test_tied_viewers import organisation
from tests.projections.test_two_stages import first_stage_decided

pytestmark = pytest.mark.anyio

VIEWERS: Final = {
    "nobody": None,
    "artist1": Audience.APPLICANT,
    "third_juror": None,
    "chair": None,
    "finance": None,
    "funder": Audience.FUNDERS,
    "former": Audience.STAFF,
    "second_juror": Audience.STAFF,
    "juror": Audience.STAFF,
}
"""Who reads, and the audience to which their role belongs."""
OFFICERS: Final = ("former", "second_juror", "juror")
"""One acted for the first applicant before, one declared a conflict of interest with the first application, and one was
asked to review it."""


def example(topic: Topic, season: Season | None = None) -> Fact:
    """A fact of a topic, about the things and people of a season, such as its first application. What can be true or false is
    false, and numbers are 1."""
    fact: Fact = golden.fact_of(topic.fact)
    names = fact.__struct_fields__
    values = {name: getattr(fact, name) for name in names}
    changed: dict[str, Any] = {
        name: type(value)(value is not True)
        for name, value in values.items()
        if isinstance(value, int) and not isinstance(value, enum.Enum)
    }
    if season is not None:
        named = {
            **season.people,
            **season.things,
            "application": season.application1,
            "correspondence": correspondence_of(season.application1),
            "applicant": season.artist2,
            "time_zone": "Europe/Berlin",
        }
        subjects = set(personal_fields(topic.fact).values())
        changed |= {name: named[name] for name in names if name in named}
        changed |= {name: named.get(name, season.officer) for name in subjects}
    return msgspec.structs.replace(fact, **changed)


KINDS: Final = frozenset(AGGREGATES)
HIDDEN: Final = [topic for topic in REGISTER if not example(topic).told]


FOR_JURY: Final = (
    RoundQuorumLowered,
    RoundReviewsDueSet,
    CallAwardsConfirmed,
    CallAwardReleased,
    PanelNoteWritten,
)
"""Facts whose results those who judge are shown: how many reviews an application needs, until when, what is left to
award, and the notes of the panel."""


UNDOES: Final = (CorrespondenceSettled,)
"""Facts that undo what another of these facts does, and so are recorded before it."""
FOR_APPLICANT: Final = (CorrespondenceMessageWritten, CorrespondenceSettled)
"""Facts that no timeline shows, but of which the applicant reads; the staff read of all of a correspondence."""


FOLLOWED: Final = (ApplicationWrittenWith,)
"""Facts in the timeline of an application, which staff with a conflict of interest follow without its answers, and after the
decision all staff."""
WITH_ANOTHER: Final = (ApplicationEnteredOnBehalf,)
"""Facts that are recorded only together with one that everybody is told of."""


def learns(viewer: str, topic: Topic, *, decided: bool) -> bool:
    """Whether somebody may learn of a fact. People with ties to the application that it is about may not, and jurors
    who belong to the staff may once the round is decided."""
    if topic.fact in FOR_JURY and viewer in ("third_juror", "chair", "juror"):
        return True
    if topic.fact in FOLLOWED and (viewer == "second_juror" or (decided and viewer in OFFICERS)):
        return True
    about = {"application", "review", "grant"} & set(topic.fact.__struct_fields__)
    if about and (viewer in OFFICERS[:2] or (viewer == "juror" and not decided)):
        return False
    if topic.name.startswith(f"{CORRESPONDENCE.kind}."):
        return viewer in OFFICERS or (viewer == "artist1" and topic.fact in FOR_APPLICANT)
    return VIEWERS[viewer] in topic.audience


class Record(Command, frozen=True, kw_only=True):
    """Record a fact as it is."""

    initiative: str
    fact: Any


def _record(command: Record, _: CommandContext) -> Plan:
    stream = stream_of(command.fact)
    yield from maybe(AGGREGATES[stream.partition("-")[0]], stream)
    return PlannedCommand(
        may=Allowed(Role.OFFICER),
        initiative=command.initiative,
        decide=lambda: Outcome(facts={stream: (command.fact,)}, answers=stream),
    )


async def asked(season: Season, read: QueryRoute, viewer: str, as_of: AsOf | None) -> str:
    """What a query answers somebody about the things of a season, with its versions."""
    things = {**season.things, "review": season.reviews.get(("juror", "application1"), "")}
    wanted = [
        part[1:-1].replace("application", "application1") for part in read.path.split("/") if "{" in part
    ]
    if not all(things.get(name) for name in wanted):
        return ""
    takes = inspect.signature(read.query).parameters
    who = (season.people.get(viewer),) if "viewer" in takes else ()
    options: dict[str, Any] = {"as_of": as_of} if "as_of" in takes else {}
    if "limit" in takes:
        options["limit"] = 100
    if "now" in takes:
        options["now"] = season.office.now
    try:
        return as_json(await read.query(season.reader, *who, *[things[name] for name in wanted], **options))
    except CommandRejected as refused:
        return f"{type(refused).__name__}: {refused.detail}"


Answers = dict[tuple[str, str], str]
"""What people read, by who they are and what they ask."""


async def everything(season: Season, viewers: Sequence[str]) -> Answers:
    """What each of some viewers reads: by every query, now and as of now, and raw."""
    season.project()
    now = AsOf(len(season.office.rows()))
    found = {}
    for viewer in viewers:
        for read in READS:
            found[viewer, read.name] = await asked(season, read, viewer, None)
            if "as_of" in inspect.signature(read.query).parameters:
                found[viewer, f"{read.name} as of now"] = await asked(season, read, viewer, now)
        if viewer in OFFICERS:
            _, seen, _ = await raw.facts(season.reader, season.people[viewer], after=0, limit=1000)
            found[viewer, "raw"] = str(sorted(seen))
    return found


async def differences(
    season: Season, topics: Sequence[Topic], viewers: Sequence[str], known: Answers
) -> list[tuple[str, str]]:
    """What each of some viewers reads otherwise after a fact of each topic was recorded. `known` is what was read last
    by those who did not learn of the facts before; afterwards, by these viewers."""
    asked_before = {viewer for viewer, _ in known}
    new = [viewer for viewer in viewers if viewer not in asked_before]
    await everything(
        season, [viewer for viewer in new if viewer in OFFICERS]
    )  # that they read is recorded once
    before = known | await everything(season, new)
    for topic in topics:
        command = Record(initiative=season.initiative, fact=example(topic, season))
        await season.office.runner.run(Request(command=command, actor=season.officer, channel=Channel.API))
    after = await everything(season, viewers)
    known.clear()
    known.update(after)
    return [each for each in after if before[each] != after[each]]


async def check(season: Season, *, decided: bool = False) -> None:
    """Facts that the same people may not learn of are recorded together."""
    groups: dict[tuple[str, ...], list[Topic]] = {}
    for topic in sorted(HIDDEN, key=lambda each: each.fact not in UNDOES):
        outside = tuple([viewer for viewer in VIEWERS if not learns(viewer, topic, decided=decided)])
        groups.setdefault(outside, []).append(topic)
    known: Answers = {}
    # Those with the most people outside first, so that most of what is read is read once.
    for outside, topics in sorted(groups.items(), key=lambda each: -len(each[0])):
        possible = [topic for topic in topics if _can_happen(topic, season)]
        if possible:
            found = await differences(season, possible, outside, known)
            assert not found, f"{[topic.name for topic in possible]} shows in {found}"


def _can_happen(topic: Topic, season: Season) -> bool:
    """Whether a fact of a topic can be recorded in this state of a season."""
    if (topic.fact is RoundLateAccessGranted) == bool(season.reviews):
        return False  # it happens while the round is open, the others later
    names = set(topic.fact.__struct_fields__) - set(personal_fields(topic.fact).values())
    return names & KINDS <= {"application", CORRESPONDENCE.kind, *season.things}


async def test_who_may_not_learn_of_a_fact_reads_the_same_before_and_after_it(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the round is open, while it is judged, and after the decision."""
    monkeypatch.setitem(BY_REQUEST, Record, Registered("test.record", Record, _record))  # type: ignore[arg-type]
    await season.begin()
    await with_ties(season)
    await check(season)
    await season.close()
    await season.assign()
    await season.judge()
    await check(season)
    await season.decide()
    await season.grant()
    await check(season, decided=True)


async def with_ties(season: Season) -> None:
    """The first application is an organisation's, for which an officer acted before; the second and the first juror are
    officers as well, and all three administer the installation."""
    house = await organisation(season, "former")
    await season.run("organisation.invite", season.former, organisation=house, person=season.artist1)
    await season.run("organisation.join", season.artist1, organisation=house)
    await season.run("organisation.remove_member", season.former, organisation=house, person=season.former)
    for number, applicant in ((1, house), (2, season.artist2)):
        season.things[f"application{number}"] = await season.run(
            "application.submit",
            season.people[f"artist{number}"],
            call=season.call,
            round=season.round,
            applicant=applicant,
            title="Title",
            requested=eur("1500.00"),
            answers={"idea": CANARY_ANSWERS[0], "born": CANARY_ANSWERS[1]},
        )
    for viewer in OFFICERS:
        await holds(season, viewer, Role.OFFICER, *((Role.JUROR,) if viewer != "former" else ()))
        await season.run("installation.appoint", season.administrator, person=season.people[viewer])


async def test_an_application_is_shown_as_it_was_although_people_are_not_told_of_all_its_facts(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version that people are told of is not the number of its facts."""
    monkeypatch.setattr(ApplicationFoundEligible, "told", False)
    await first_stage_decided(season)
    season.project()
    for as_of in (None, AsOf(len(season.office.rows()))):
        found = await applications.one(season.reader, season.artist1, season.application1, as_of=as_of)
        assert found.invited_to == "project"


def test_what_only_some_read_of_an_application_is_not_told() -> None:
    """Otherwise the version would tell the applicant, the jury and funders that something happened: say `told = False`."""
    of_applicants = {APPLICATION.kind, REVIEW.kind, GRANT.kind}
    for topic in REGISTER:
        if topic.name.partition(".")[0] not in of_applicants or topic.fact in WITH_ANOTHER:
            continue
        if topic.audience == STAFF or (topic.audience and Audience.FUNDERS not in topic.audience):
            assert not example(topic).told, topic.name
