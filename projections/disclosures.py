"""Who read one's personal data, when and why, from what the history records. The jury is only ever named as the jury."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from domain.applications.state import APPLICATION, Application, ApplicationStatus
from domain.calls.state import CALL
from domain.grants.state import GRANT
from domain.indexes import submissions_of
from domain.messages import Message, in_context, msg
from domain.persons.facts import PersonRegistered
from domain.readings import ReadingRecorded
from domain.refusals import Forbidden
from domain.reviews.facts import JUDGING
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.topics import topics_of
from domain.values import SYSTEM, Role
from projections import applications
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage
from projections.reader import Reader, recorded_in
from projections.words.sentences import Numbers, actor_words

Purpose = Literal["registering", "examining", "judging", "granting"]

JURY: Final = in_context("actor", "The jury")
_WHY: Final[Mapping[Purpose, Message]] = {
    "registering": msg("Registered you, and typed your name and your address."),
    "examining": msg(
        "Could read who applied and what was written, to examine the applications of this round."
    ),
    "judging": msg("Read the application to judge it."),
    "granting": msg("Dealt with your grant and its payments."),
}
_WITHOUT_NAME: Final = msg("Read the application to judge it, without your name.")


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who read one's personal data: their role and number in words (`who`), and why. `since` is when they read it for the
    first time; None for the jury, whose steps are not told. `about` is the application or the grant, with its `title`; None for
    the account. `name`: whether they learned who one is."""

    purpose: Purpose
    who: Message
    why: Message
    since: datetime | None
    about: str | None
    title: str | None
    name: bool


class Disclosures(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody of whom the history records that they read one's personal data, by application, the earliest first."""

    items: tuple[Disclosure, ...]


async def mine(reader: Reader, viewer: str | None) -> Disclosures:
    """Who read one's own personal data, when and why. Raises `Forbidden` for visitors who are not signed in."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    actor = await reader.actor(viewer)
    own = await reader.index_entries_of_all([submissions_of(party) for party in actor.parties])
    loaded = await reader.readable(*((APPLICATION, each) for each in sorted(own)))
    states: dict[str, Application] = {each: found.state for each, found in loaded.items()}

    async def some(cursor: str | None) -> ListPage[applications.ApplicationLine]:
        return await applications.mine(reader, viewer, cursor=cursor, limit=MOST)

    titles = {each.id: each.title for each in await whole(some)} if states else {}
    rounds = {each for state in states.values() for each in state.rounds}
    readings, by_jury = await _readings(reader, viewer, states, rounds)
    judged = await _judged(reader, states, by_jury)
    found = [
        *await _registered(reader, viewer),
        *(
            each
            for application, state in states.items()
            for each in _of_application(
                application,
                titles.get(application),
                [readings.get(round, ()) for round in state.rounds],
                judged,
            )
        ),
        *await _on_grants(reader, states, titles),
    ]
    return Disclosures(items=tuple(found))


async def _registered(reader: Reader, viewer: str) -> list[Disclosure]:
    """Whoever registered the person, if it was not themselves."""
    found = await reader.newest([viewer], topics_of(PersonRegistered))
    return [
        Disclosure(
            purpose="registering",
            who=actor_words(recorded.envelope.acting.role, "", Numbers()),
            why=_WHY["registering"],
            since=recorded.envelope.decided_at,
            about=None,
            title=None,
            name=True,
        )
        for recorded in found.values()
        if recorded.envelope.actor not in (SYSTEM, viewer)
    ]


Reading = tuple[str, str, datetime]
"""The role and the handle of whoever read a round, and when for the first time."""


async def _readings(
    reader: Reader, viewer: str, applications: Mapping[str, Application], rounds: Iterable[str]
) -> tuple[dict[str, list[Reading]], set[tuple[str, str]]]:
    """By round, the staff who read who applied in it, each once; and the applications that anybody of the jury read, each with
    the round. What the jury reads is not told one by one."""
    rows = await reader.rows(
        """
        SELECT f.position, f.stream, f.version, f.topic, f.document FROM read.timeline t
        JOIN history.facts f ON f.position = t.position
        WHERE t.thing = ANY (%(things)b::text[]) AND t.round = ANY (%(rounds)b::text[])
            AND t.topic = ANY (%(topics)b::text[])
            AND (t.application IS NULL OR t.application = ANY (%(applications)b::text[]))
        ORDER BY t.at, t.position
        """,
        # What the jury read one by one is kept with the rounds (`projections.folding.timeline`).
        things=sorted({state.call for state in applications.values()} | set(rounds)),
        applications=sorted(applications),
        rounds=sorted(rounds),
        topics=list(topics_of(ReadingRecorded)),
    )
    found: dict[str, list[Reading]] = {}
    by_jury = set()
    for row in rows:
        recorded = recorded_in(row)
        fact, acting = recorded.fact, recorded.envelope.acting
        if not isinstance(fact, ReadingRecorded) or fact.viewer == viewer:
            continue
        if fact.kind == "judged" and fact.application is not None:
            by_jury.add((fact.application, fact.round))
        if fact.kind != "applicants" or acting.role in JUDGING:
            continue
        entry = (acting.role, acting.handle or "", recorded.envelope.decided_at)
        found.setdefault(fact.round, []).append(entry)
    return found, by_jury


async def _judged(
    reader: Reader, states: Mapping[str, Application], by_jury: Collection[tuple[str, str]]
) -> dict[str, bool]:
    """The applications that a jury decided on, is deciding on or read (`by_jury`), and whether it learned who applied. Before the
    panel opens, applicants are not told how far their reviews are, unless they withdrew."""
    rounds = sorted({round for state in states.values() for round in state.rounds})
    calls = sorted({state.call for state in states.values()})
    loaded = await reader.readable(*((ROUND, each) for each in rounds), *((CALL, each) for each in calls))
    found: dict[str, bool] = {}
    for application, state in states.items():
        for each in state.rounds:
            if each not in loaded or state.call not in loaded:
                continue
            round: Round = loaded[each].state
            told = (
                round.status in (RoundStatus.IN_PANEL, RoundStatus.DECIDED)
                or state.status is ApplicationStatus.WITHDRAWN
            )
            ranked = each == state.round and application in round.applications and state.panel is not None
            if told and (ranked or (application, each) in by_jury):
                open_stage = not loaded[state.call].state.stage(round.stage).blind
                found[application] = found.get(application, False) or open_stage
    return found


def _of_application(
    application: str,
    title: str | None,
    readings: Iterable[Iterable[Reading]],
    judged: Mapping[str, bool],
) -> list[Disclosure]:
    numbers = Numbers()
    first: dict[tuple[str, str], datetime] = {}
    for of_round in readings:
        for role, handle, at in of_round:
            first[role, handle] = min(at, first.get((role, handle), at))
    found = [
        Disclosure(
            purpose="examining",
            who=actor_words(role, handle, numbers),
            why=_WHY["examining"],
            since=at,
            about=application,
            title=title,
            name=True,
        )
        for (role, handle), at in sorted(first.items(), key=lambda each: each[1])
    ]
    if application in judged:
        found.append(
            Disclosure(
                purpose="judging",
                who=JURY,
                why=_WHY["judging"] if judged[application] else _WITHOUT_NAME,
                since=None,
                about=application,
                title=title,
                name=judged[application],
            )
        )
    return found


async def _on_grants(
    reader: Reader, states: Mapping[str, Application], titles: Mapping[str, str | None]
) -> list[Disclosure]:
    """The staff and those who pay, as far as they acted on a grant."""
    of_grant = {state.grant: application for application, state in states.items() if state.grant}
    rows = await reader.rows(
        """
        SELECT thing, role, handle, min(at) AS at FROM read.timeline
        WHERE thing = ANY (%(grants)b::text[]) AND role = ANY (%(roles)b::text[]) AND handle IS NOT NULL
        GROUP BY thing, role, handle ORDER BY thing, min(at), role, handle
        """,
        grants=sorted(of_grant),
        roles=[Role.OFFICER, Role.FINANCE, Role.APPROVER],
    )
    numbers: dict[str, Numbers] = {}
    return [
        Disclosure(
            purpose="granting",
            who=actor_words(row["role"], row["handle"], numbers.setdefault(row["thing"], Numbers())),
            why=_WHY["granting"],
            since=row["at"],
            about=row["thing"],
            title=titles.get(of_grant[row["thing"]]),
            name=True,
        )
        for row in rows
    ]


def is_grant(thing: str) -> bool:
    """Whether a disclosure is about a grant."""
    return thing.startswith(f"{GRANT.kind}-")
