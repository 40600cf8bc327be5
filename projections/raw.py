"""Raw facts, shown only if the viewer can see the same on pages, because envelopes and public fields reveal who applied, when,
and scores.

A raw fact names its actor. Facts of an initiative are shown to its officers, its own stream also to its administrators, and
each reading to its reader. Officers see facts about what pages show them as staff: of an application or a grant to which they
have ties, they see none, whatever its audience. Reading that rules out reviewing or applying is recorded first, as for pages.
Everything else is withheld.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from domain import access
from domain.applications.facts import ApplicationWaitlisted
from domain.applications.state import APPLICATION
from domain.calls.facts import CallAwardReleased
from domain.calls.state import CALL
from domain.correspondence import CORRESPONDENCE
from domain.deciding import Allowed, Verdict
from domain.dossiers import DOSSIER
from domain.funds import FUND, FundCommitted, FundReleased
from domain.grants.facts import GrantScreened, GrantScreeningEnded
from domain.grants.state import GRANT
from domain.indexes import applications_by, applications_of
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INITIATIVE, INSTALLATION, Initiative
from domain.invitations import INVITATION
from domain.panels.facts import PanelNoteWritten
from domain.panels.state import PANEL
from domain.parties import Actor
from domain.persons.facts import PersonRegistered
from domain.readings import READING, ReadingKind
from domain.refusals import CommandRejected
from domain.reviews.state import REVIEW
from domain.rounds.facts import (
    RoundClosed,
    RoundLateAccessGranted,
    RoundOpened,
    RoundPutToPanel,
    RoundQuorumLowered,
)
from domain.rounds.state import ROUND
from domain.topics import topics_of
from domain.values import Role
from history.documents import Recorded, read
from history.store import PositionedFact
from history.unreadable import Unreadable
from projections import readings
from projections.cases import Case, case_of
from projections.reader import Reader, allow

_OF_PERSONS: Final = frozenset(topics_of(PersonRegistered))
"""The topics of persons that administrators see, because they register people. The others are withheld: handles in a call
reveal who applied to it, and an erasure is followed by withdrawals, so that withheld facts beside it would reveal whether
the person had applied."""


class RawFacts(NamedTuple):
    """Facts in order, the positions of those that the viewer may see, and of those that cannot be read."""

    rows: Sequence[PositionedFact]
    seen: frozenset[int]
    unreadable: frozenset[int]


async def facts(reader: Reader, viewer: str, *, after: int, limit: int) -> RawFacts:
    """Up to `limit` facts after a position, for an administrator of the installation. Raises `Forbidden`."""
    allow(access.installation_administrator(viewer, await reader.the(INSTALLATION, INSTALLATION_ID)))
    rows = await reader.history.at(range(after + 1, after + 1 + limit))
    found: dict[int, Recorded] = {}
    for row in rows:
        # It is unknown to whom an unreadable fact belongs, so it is shown to nobody.
        with contextlib.suppress(Exception):  # a damaged fact can raise anything
            found[row.position] = read(row.topic, row.document, history=reader.history.id)
    return RawFacts(
        rows,
        await _seen(reader, viewer, found),
        frozenset(row.position for row in rows if row.position not in found),
    )


async def _seen(reader: Reader, viewer: str, found: Mapping[int, Recorded]) -> frozenset[int]:
    """The positions of the facts that the viewer sees. A fact is left out if its access check needs something that cannot be
    read or does not exist."""
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
    """Decides which facts of an initiative one viewer sees."""

    def __init__(self, reader: Reader, viewer: Actor, initiative: Initiative) -> None:
        self._reader = reader
        self._actor = viewer
        self._viewer = viewer.id
        self._initiative = initiative
        self._cases: dict[str, Case] = {}
        self._streams: dict[str, bool] = {}

    async def shows_fact(self, recorded: Recorded) -> bool:
        """Whether the viewer sees a fact of the initiative."""
        if not await self._shows(recorded.stream):
            return False
        match recorded.fact:
            case RoundQuorumLowered() as fact:
                return await self._shows(
                    fact.application
                )  # it is about this application, although it is in the round's stream
            case RoundOpened() | RoundClosed() as fact:
                # In a rolling call, the applicant opens and closes the round by applying.
                rolling = (await self._reader.the(ROUND, fact.round)).rolling
                return not rolling or await self._shows_all(applications_of(fact.round))
            case RoundLateAccessGranted() as fact:
                # It names the applicant, who may not have applied yet.
                return await self._shows_all(
                    applications_by(fact.applicant, fact.round)
                ) and await readings.record(self._reader, self._viewer, fact.round, "applicants")
            case FundCommitted() | FundReleased() | CallAwardReleased() as fact:
                # It is about this grant; its recipient released it by declining. Without a grant, an applicant withdrew.
                return fact.grant is not None and await self._shows(fact.grant)
            case GrantScreened() | GrantScreeningEnded() as fact:
                grant = await self._reader.the(GRANT, fact.grant)
                return isinstance(access.sees_screening(self._actor, grant, fact.setting), Allowed)
            case PanelNoteWritten():
                return False  # only the jury reads these, and by the query for them
            case RoundPutToPanel() as fact:
                # It reveals how many reviews each application has.
                return not await self._conflicts((await self._reader.the(ROUND, fact.round)).call)
            case ApplicationWaitlisted() as fact:
                application = (await self._case(fact.application)).application
                return access.sees_waiting_places(
                    self._actor,
                    applicant=application.applicant,
                    conflict_in_call=bool(await self._conflicts(application.call)),
                )
            case _:
                return True

    async def _shows(self, stream: str) -> bool:
        if stream not in self._streams:
            self._streams[stream] = False  # stays if the check raises
            self._streams[stream] = await self._stream(stream)
        return self._streams[stream]

    async def _shows_all(self, index: str) -> bool:
        """Whether the viewer sees the facts of all streams in an index."""
        for stream in await self._reader.index_entries(index):
            if not await self._shows(stream):
                return False
        return True

    async def _stream(self, stream: str) -> bool:
        """Whether the viewer sees the facts of a stream. Kinds that are not listed are shown to nobody."""
        match _kind(stream):
            case INITIATIVE.kind:
                return isinstance(access.sees_members(self._viewer, self._initiative), Allowed)
            case INVITATION.kind:
                invited = await self._reader.the(INVITATION, stream)
                return isinstance(
                    access.invites(self._viewer, self._initiative, call=invited.call, round=invited.round),
                    Allowed,
                )
            case FUND.kind:
                return _as_officer(access.officer(self._viewer, self._initiative))
            case CALL.kind:
                return _as_officer(access.officer(self._viewer, self._initiative.within(stream)))
            case ROUND.kind:
                return await self._round(stream)
            case APPLICATION.kind:
                return await self._application(stream)
            case CORRESPONDENCE.kind:
                return await self._correspondence(stream)
            case REVIEW.kind:
                return await self._review(stream)
            case PANEL.kind:
                return await self._panel(stream)
            case GRANT.kind:
                return await self._grant(stream)
            case DOSSIER.kind:
                # It names the applicant, like the application, the grant or the correspondence that it belongs to.
                return await self._shows((await self._reader.the(DOSSIER, stream)).about)
            case READING.kind:
                return (await self._reader.the(READING, stream)).viewer == self._viewer
            case _:
                return False

    async def _round(self, stream: str) -> bool:
        state = await self._reader.the(ROUND, stream)
        own = await self._reader.applied_by(self._actor, stream, state.call)
        initiative = self._initiative.within(state.call)
        return _as_officer(access.sees_timeline(self._actor, initiative, round=state, own=own))

    async def _application(self, stream: str) -> bool:
        case = await self._case(stream)
        return case.as_staff and await self._recorded(case, "applicants")

    async def _correspondence(self, stream: str) -> bool:
        case = await self._case((await self._reader.the(CORRESPONDENCE, stream)).application)
        return _as_officer(case.asked(access.sees_notes)) and await self._recorded(case, "applicants")

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
        if not _as_officer(verdict) or not case.as_staff:
            return False
        # The scores of a juror who stepped back later are still in the stream.
        scored = bool(review.scores) and review.juror != self._viewer
        # The dossier in the review reveals who applied.
        return await self._recorded(case, "applicants") and (
            not scored or await self._recorded(case, "scores", of=case.id)
        )

    async def _panel(self, stream: str) -> bool:
        round = (await self._reader.the(PANEL, stream)).round
        state = await self._reader.the(ROUND, round)
        own = await self._reader.applied_by(self._actor, round, state.call)
        verdict = access.sees_ranking(
            self._viewer, self._initiative.within(state.call, round), state, own=own
        )
        # The ranking contains the place of every application, including the viewer's own and those with a conflict.
        return _as_officer(verdict) and not own and not await self._conflicts(state.call)

    async def _grant(self, stream: str) -> bool:
        grant = await self._reader.the(GRANT, stream)
        initiative, conflicts = self._initiative.within(grant.call), await self._conflicts(grant.call)
        verdict = access.sees_recipient(self._actor, initiative, grant, conflicts=conflicts)
        return _as_officer(verdict) and not access.is_tied_to(self._actor, grant.recipient)

    async def _recorded(self, case: Case, kind: ReadingKind, *, of: str | None = None) -> bool:
        only = None if of is None else (of,)
        return await readings.record(
            self._reader, self._viewer, case.application.round, kind, applications=only
        )

    async def _conflicts(self, call: str) -> tuple[str, ...]:
        return await self._reader.conflicts_in_call(self._viewer, call)

    async def _case(self, application: str) -> Case:
        if application not in self._cases:
            self._cases[application] = await case_of(self._reader, self._viewer, application)
        return self._cases[application]
