"""Raw facts, as far as their viewer sees the same on pages: envelopes and public fields tell who applied, when, and scores.

Raw, a fact names whoever acted. Facts of an initiative are shown to its officers; its own stream also to its
administrators, and each reading to its reader. Officers see them as far as pages show them what they are about. What keeps
them from judging or applying is recorded first, as for a page. All else is withheld.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from domain import access
from domain.applications import APPLICATION, ApplicationWaitlisted
from domain.calls import CALL
from domain.deciding import Allowed, Verdict
from domain.dossiers import DOSSIER
from domain.funds import FUND
from domain.grants.state import GRANT
from domain.indexes import conflicts_of
from domain.initiatives import INITIATIVE, INSTALLATION, INSTALLATION_ID, Initiative
from domain.panels import PANEL
from domain.parties import Actor
from domain.persons import PersonRegistered
from domain.readings import READING, ReadingKind
from domain.refusals import CommandRejected
from domain.reviews import REVIEW
from domain.rounds import ROUND, RoundPutToPanel, RoundQuorumLowered
from domain.topics import topics_of
from domain.values import Role
from history.documents import Recorded, read
from history.store import PositionedFact
from history.unreadable import Unreadable
from projections import readings
from projections.cases import Case, case_of
from projections.reader import Reader, allow

_OF_PERSONS: Final = frozenset(topics_of(PersonRegistered))
"""An administrator registers people and sees these. Who goes by which handle in a call says who applied to it. An erasure is
followed by the withdrawals of the person's applications, so that whether there are any could be seen from the withheld facts
beside it."""


class RawFacts(NamedTuple):
    """Facts in their order, and the positions of those that the viewer may see, and of those that cannot be read."""

    rows: Sequence[PositionedFact]
    seen: frozenset[int]
    unreadable: frozenset[int]


async def facts(reader: Reader, viewer: str, *, after: int, limit: int) -> RawFacts:
    """Up to `limit` facts after a position, for an administrator of the installation. Raises `Forbidden`."""
    allow(access.installation_administrator(viewer, await reader.the(INSTALLATION, INSTALLATION_ID)))
    rows = await reader.history.at(range(after + 1, after + 1 + limit))
    found: dict[int, Recorded] = {}
    for row in rows:
        # Whose a fact is that cannot be read cannot be told, so nobody is shown more of it.
        with contextlib.suppress(Exception):  # whatever a damaged fact raises
            found[row.position] = read(row.topic, row.document, history=reader.history.id)
    return RawFacts(
        rows,
        await _seen(reader, viewer, found),
        frozenset(row.position for row in rows if row.position not in found),
    )


async def _seen(reader: Reader, viewer: str, found: Mapping[int, Recorded]) -> frozenset[int]:
    """The positions of those facts that the viewer sees. One for which access rests on a fact that cannot be read, or on
    something that does not exist, is not among them."""
    named = {recorded.envelope.place.initiative for recorded in found.values()}
    initiatives = sorted(initiative for initiative in named if initiative is not None)
    loaded = await reader.readable(*((INITIATIVE, each) for each in initiatives)) if initiatives else {}
    actor = await reader.actor(viewer)
    houses = {each: _House(reader, actor, state.state) for each, state in loaded.items()}
    seen = set()
    for position, recorded in found.items():
        house = houses.get(recorded.envelope.place.initiative or "")
        with contextlib.suppress(Unreadable, CommandRejected):
            if (
                recorded.topic in _OF_PERSONS
                or _kind(recorded.stream) == INSTALLATION.kind
                or (house is not None and await house.shows_fact(recorded))
            ):
                seen.add(position)
    return frozenset(seen)


def _kind(stream: str) -> str:
    return stream.partition("-")[0]


def _as_officer(verdict: Verdict) -> bool:
    return isinstance(verdict, Allowed) and verdict.role is Role.OFFICER


class _House:
    """An initiative, as far as one viewer sees the facts of its streams."""

    def __init__(self, reader: Reader, viewer: Actor, initiative: Initiative) -> None:
        self._reader = reader
        self._actor = viewer
        self._viewer = viewer.id
        self._initiative = initiative
        self._cases: dict[str, Case] = {}
        self._streams: dict[str, bool] = {}

    async def shows_fact(self, recorded: Recorded) -> bool:
        """Whether the viewer sees a fact of its streams."""
        if not await self._shows(recorded.stream):
            return False
        match recorded.fact:
            case RoundQuorumLowered() as fact:
                return await self._shows(fact.application)  # which it is about, in the round's stream
            case RoundPutToPanel() as fact:
                # It tells how many reviews were asked for each application.
                return not await self._conflicts(fact.round)
            case ApplicationWaitlisted() as fact:
                application = (await self._case(fact.application)).application
                return access.sees_waiting_places(
                    self._actor,
                    applicant=application.applicant,
                    conflict_in_round=bool(await self._conflicts(application.round)),
                )
            case _:
                return True

    async def _shows(self, stream: str) -> bool:
        if stream not in self._streams:
            self._streams[stream] = False  # where it cannot be told
            self._streams[stream] = await self._stream(stream)
        return self._streams[stream]

    async def _stream(self, stream: str) -> bool:
        """Whether the viewer sees the facts of a stream; a kind that is not listed is shown to nobody."""
        match _kind(stream):
            case INITIATIVE.kind:
                return isinstance(access.sees_members(self._viewer, self._initiative), Allowed)
            case FUND.kind:
                return _as_officer(access.officer(self._viewer, self._initiative))
            case CALL.kind:
                return _as_officer(access.officer(self._viewer, self._initiative.within(stream)))
            case ROUND.kind:
                return await self._round(stream)
            case APPLICATION.kind:
                return await self._application(stream)
            case REVIEW.kind:
                return await self._review(stream)
            case PANEL.kind:
                return await self._panel(stream)
            case GRANT.kind:
                return await self._grant(stream)
            case DOSSIER.kind:
                # It names who applied, as the application or the grant does that it belongs to.
                return await self._shows((await self._reader.the(DOSSIER, stream)).about)
            case READING.kind:
                return (await self._reader.the(READING, stream)).viewer == self._viewer
            case _:
                return False

    async def _round(self, stream: str) -> bool:
        state = await self._reader.the(ROUND, stream)
        own = await self._reader.applied_by(self._actor, stream)
        initiative = self._initiative.within(state.call)
        return _as_officer(access.sees_timeline(self._actor, initiative, round=state, own=own))

    async def _application(self, stream: str) -> bool:
        case = await self._case(stream)
        return self._sees_applicant(case) and await self._recorded(case, "applicants")

    async def _review(self, stream: str) -> bool:
        review = await self._reader.the(REVIEW, stream)
        case = await self._case(review.application)
        verdict = access.sees_reviews(
            self._actor,
            case.initiative,
            case.round,
            case.application,
            case.reviews.values(),
            own=case.own,
        )
        if not _as_officer(verdict) or not self._sees_applicant(case):
            return False
        # Those of a juror who stepped back afterwards stand in the stream still.
        scored = bool(review.scores) and review.juror != self._viewer
        # By its dossier it can be told who applied, beside the scores.
        return await self._recorded(case, "applicants") and (
            not scored or await self._recorded(case, "scores", of=case.id)
        )

    async def _panel(self, stream: str) -> bool:
        round = (await self._reader.the(PANEL, stream)).round
        own = await self._reader.applied_by(self._actor, round)
        state = await self._reader.the(ROUND, round)
        verdict = access.sees_ranking(self._viewer, self._initiative.within(state.call), state, own=own)
        # The ranking tells the place of every application, also of the viewer's own and of one with which they have a
        # conflict.
        return _as_officer(verdict) and not own and not await self._conflicts(round)

    async def _grant(self, stream: str) -> bool:
        grant = await self._reader.the(GRANT, stream)
        round = (await self._reader.the(APPLICATION, grant.application)).round
        initiative, conflicts = self._initiative.within(grant.call), await self._conflicts(round)
        return _as_officer(access.sees_recipient(self._actor, initiative, grant, conflicts=conflicts))

    def _sees_applicant(self, case: Case) -> bool:
        return _as_officer(
            access.sees_applicant(
                self._actor,
                case.initiative,
                case.stage,
                case.round,
                case.application,
                case.reviews.values(),
                own=case.own,
            )
        )

    async def _recorded(self, case: Case, kind: ReadingKind, *, of: str | None = None) -> bool:
        return await readings.record(self._reader, self._viewer, case.application.round, kind, application=of)

    async def _conflicts(self, round: str) -> tuple[str, ...]:
        return await self._reader.members(conflicts_of(self._viewer, round))

    async def _case(self, application: str) -> Case:
        if application not in self._cases:
            self._cases[application] = await case_of(self._reader, self._viewer, application)
        return self._cases[application]
