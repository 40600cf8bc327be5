"""What may be told to a person at a moment, decided as on the pages: from present streams, by `domain.access`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from domain import access
from domain.applications.state import APPLICATION, Application, ApplicationStatus
from domain.calls.state import CALL, Call
from domain.correspondence import CORRESPONDENCE, correspondence_of
from domain.deciding import Allowed
from domain.grants.state import GRANT, Grant
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.indexes import invited_to, reviews_in, rounds_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.letters.kinds import LetterKind
from domain.messages import At, msg
from domain.organisations import ORGANISATION
from domain.panels.state import PANEL, Panel, PanelStatus
from domain.parties import Actor, is_organisation
from domain.persons.state import PERSON, Person
from domain.refusals import NotFound
from domain.reviews.state import OUTSTANDING, REVIEW, STEPPED_BACK, Review
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import Money, Role, is_id
from projections.cases import case_of
from projections.fresh import Fresh
from projections.letters.hearing import Notice

K = LetterKind
S = ApplicationStatus


NO_DATE: Final = msg("No date is set. Reviews count until the panel opens.")
"""What is said of reviews that are owed when the staff set no date for them."""


@dataclass(frozen=True, slots=True)
class Tidings:
    """What a person may be told now. `link` is the page to read more, `values` are those of the letter's placeholders
    without those of every letter, and `zone` is the call's time zone. `several`: how many alike one letter tells, with a link to
    all of them. Letters about an account have neither house nor
    call."""

    kind: LetterKind
    link: str
    house: Initiative | None
    call: Call | None
    values: Mapping[str, Any] = field(default_factory=dict)  # Any: values of a message
    several: int = 1

    @property
    def zone(self) -> str:
        """The time zone of the call."""
        return "UTC" if self.call is None else self.call.time_zone

    @property
    def all_values(self) -> dict[str, Any]:
        """The values of all placeholders."""
        named = {} if self.house is None else {"initiative": self.house.name}
        return {**named, **({} if self.call is None else {"call": self.call.title}), **self.values}


_IN_STATUS: Final[Mapping[LetterKind, frozenset[ApplicationStatus]]] = {
    K.APPLICATION_RETURNED: frozenset({S.RETURNED}),
    K.RETURN_DUE: frozenset({S.RETURNED}),
    K.APPLICATION_INVITED: frozenset({S.INVITED}),
    K.INVITATION_LAPSED: frozenset({S.LAPSED}),
    K.APPLICATION_ELIGIBLE: frozenset({S.ELIGIBLE}),
    K.APPLICATION_DECIDED: frozenset({S.AWARDED, S.WAITLISTED, S.DECLINED, S.INELIGIBLE}),
    K.APPLICATION_CANCELLED: frozenset({S.CANCELLED}),
}
"""The statuses in which a letter about an application is still true; the others always are."""


async def readers(reader: Fresh, notice: Notice) -> tuple[str, ...]:
    """The people whom a notice is for, sorted: of an organisation, those who act for it now."""
    about = notice.about
    if is_id(PERSON.kind, about):
        return (about,)
    if notice.kind is K.MESSAGE_TO_STAFF:
        return await _staff_of(reader, about)
    if is_id(REVIEW.kind, about):
        review: Review = await reader.the(REVIEW, about)
        return (review.juror,)
    if is_id(PANEL.kind, about):
        return await _jury_of(reader, about)
    if is_id(GRANT.kind, about):
        grant: Grant = await reader.the(GRANT, about)
        party = grant.recipient
    else:
        application: Application = await reader.the(APPLICATION, about)
        party = application.applicant
    if is_organisation(party):
        return tuple(sorted((await reader.the(ORGANISATION, party)).members))
    return (party,)


async def tidings(reader: Fresh, person: str, notice: Notice, *, now: datetime) -> Tidings | None:
    """What a person may be told of a notice now; None if the pages would not tell it to them, or no longer."""
    actor = await reader.actor(person)
    try:
        if notice.kind is K.RECOVERY_ASKED:
            return await _of_recovery(reader, actor, notice)
        if notice.kind in (K.MESSAGE_RECEIVED, K.MESSAGE_TO_STAFF):
            return await _of_message(reader, person, notice)
        if is_id(REVIEW.kind, notice.about):
            return await _of_review(reader, person, notice, now)
        if is_id(PANEL.kind, notice.about):
            return await _of_panel(reader, actor, notice)
        if is_id(GRANT.kind, notice.about):
            return await _of_grant(reader, actor, notice, now)
        if notice.kind in (K.DEADLINE_NEAR, K.INVITATION_DUE):
            return await _of_deadline(reader, actor, notice, now)
        return await _of_application(reader, actor, notice, now)
    except NotFound:
        return None


async def _place(reader: Fresh, call: str, initiative: str) -> tuple[Call, Initiative]:
    loaded = await reader.load((CALL, call), (INITIATIVE, initiative))
    return loaded[call].state, loaded[initiative].state


async def _staff_of(reader: Fresh, application: str) -> tuple[str, ...]:
    """The officers of an application's call, sorted. Who of them may be told is asked later."""
    state: Application = await reader.the(APPLICATION, application)
    house: Initiative = await reader.the(INITIATIVE, state.initiative)
    in_call = house.within(state.call)
    return tuple(sorted(person for person in in_call.members if Role.OFFICER in in_call.roles(person)))


async def _of_message(reader: Fresh, person: str, notice: Notice) -> Tidings | None:
    case = await case_of(reader, person, notice.about)
    verdict = case.asked(access.corresponds)
    side = "staff" if notice.kind is K.MESSAGE_TO_STAFF else "applicant"
    role = Role.OFFICER if notice.kind is K.MESSAGE_TO_STAFF else Role.APPLICANT
    if not isinstance(verdict, Allowed) or verdict.role is not role:
        return None
    written = await reader.the(CORRESPONDENCE, correspondence_of(notice.about))
    if written.awaits != side:
        return None
    return Tidings(notice.kind, f"/applications/{notice.about}/messages", case.initiative, case.call)


async def _of_recovery(reader: Fresh, actor: Actor, notice: Notice) -> Tidings | None:
    person: Person = await reader.the(PERSON, notice.about)
    if actor.id != notice.about or person.recovery_asked_by is None:
        return None
    return Tidings(notice.kind, "/me/second-factor", None, None)


async def _of_application(reader: Fresh, actor: Actor, notice: Notice, now: datetime) -> Tidings | None:
    application: Application = await reader.the(APPLICATION, notice.about)
    if not isinstance(access.applicant(actor, application), Allowed):
        return None
    if application.status not in _IN_STATUS.get(notice.kind, frozenset(S)):
        return None
    call, house = await _place(reader, application.call, application.initiative)
    values: dict[str, Any] = {}
    if notice.kind is K.APPLICATION_RECEIVED:
        values["status"] = application.status
    if notice.kind in (K.APPLICATION_RETURNED, K.RETURN_DUE):
        assert application.resubmit_by is not None
        if now >= application.resubmit_by or notice.until not in (None, application.resubmit_by):
            return None
        values["deadline"] = At(application.resubmit_by, application.time_zone)
    return Tidings(notice.kind, f"/applications/{notice.about}", house, call, values)


async def _of_grant(reader: Fresh, actor: Actor, notice: Notice, now: datetime) -> Tidings | None:
    grant: Grant = await reader.the(GRANT, notice.about)
    if not isinstance(access.recipient(actor, grant), Allowed) or not _still_so(notice.kind, grant):
        return None
    call, house = await _place(reader, grant.call, grant.initiative)
    values: dict[str, Any] = {}
    if notice.kind in (K.GRANT_OFFERED, K.OFFER_LAPSING):
        assert grant.respond_by is not None
        if now >= grant.respond_by or notice.until not in (None, grant.respond_by):
            return None
        values["deadline"] = At(grant.respond_by, call.time_zone)
    if notice.kind in (K.GRANT_OFFERED, K.OFFER_LAPSING, K.OFFER_LAPSED):
        values["amount"] = Money.of(grant.amount, grant.currency)
    return Tidings(notice.kind, f"/grants/{notice.about}", house, call, values)


def _still_so(kind: LetterKind, grant: Grant) -> bool:
    match kind:
        case K.GRANT_OFFERED | K.OFFER_LAPSING:
            return grant.status is GrantStatus.OFFERED
        case K.OFFER_LAPSED:
            return grant.status is GrantStatus.LAPSED
        case K.PAYEE_CONFIRMED:
            return grant.payee is not None and grant.payee.confirmed
        case K.GRANT_SCHEDULED:
            return bool(grant.instalments)
        case K.PAYMENT_FAILED:
            return any(each.status is InstalmentStatus.FAILED for each in grant.instalments.values())
        case K.REPORT_RETURNED:
            return bool(grant.reports) and grant.reports[max(grant.reports)] is ReportStatus.RETURNED
        case K.AMENDMENT_PROPOSED:
            return grant.amendment is not None
        case _:
            return True


async def _of_review(reader: Fresh, person: str, notice: Notice, now: datetime) -> Tidings | None:
    review: Review = await reader.the(REVIEW, notice.about)
    call, house = await _place(reader, review.call, review.initiative)
    if not isinstance(access.juror_of(person, house.within(review.call, review.round), review), Allowed):
        return None
    if review.status not in OUTSTANDING:
        return None
    values: dict[str, Any] = {}
    round: Round = await reader.the(ROUND, review.round)
    if notice.kind is K.REVIEW_ASKED:
        values["due"] = (
            NO_DATE
            if round.reviews_due is None
            else msg("Reviews are due on {deadline}.", deadline=At(round.reviews_due, call.time_zone))
        )
    if notice.kind is K.REVIEW_DUE:
        if round.reviews_due is None or round.reviews_due != notice.until or now >= round.reviews_due:
            return None
        values["deadline"] = At(round.reviews_due, call.time_zone)
    return Tidings(notice.kind, f"/reviews/{notice.about}", house, call, values)


async def _jury_of(reader: Fresh, panel_id: str) -> tuple[str, ...]:
    """Who was asked for reviews in the round of a panel, sorted; nobody in a rolling call, which has a panel for each application."""
    panel: Panel = await reader.the(PANEL, panel_id)
    round: Round = await reader.the(ROUND, panel.round)
    reviews = () if round.rolling else await reader.index_entries(reviews_in(panel.round))
    loaded = await reader.readable(*((REVIEW, each) for each in reviews))
    return tuple(
        sorted({each.state.juror for each in loaded.values() if each.state.status not in STEPPED_BACK})
    )


async def _of_panel(reader: Fresh, actor: Actor, notice: Notice) -> Tidings | None:
    """That a panel is open, for jurors to whom its ranking is shown, whatever else they are. The chair is told to decide."""
    panel: Panel = await reader.the(PANEL, notice.about)
    round: Round = await reader.the(ROUND, panel.round)
    call, whole = await _place(reader, panel.call, panel.initiative)
    house = whole.within(panel.call, panel.round)
    own = await reader.applied_by(actor, panel.round, panel.call)
    if not isinstance(access.sees_ranking(actor.id, house, round, own=own), Allowed):
        return None
    roles = house.roles(actor.id)
    if panel.status is not PanelStatus.OPENED or Role.CHAIR in roles or Role.JUROR not in roles:
        return None
    return Tidings(notice.kind, f"/rounds/{panel.round}/ranking", whole, call)


async def due_reviews(reader: Fresh, round_id: str, review_id: str | None = None) -> tuple[Notice, ...]:
    """The reminders of the reviews that are owed in a round, or of one of them; none if the staff named no date."""
    round: Round = await reader.the(ROUND, round_id)
    if round.reviews_due is None:
        return ()
    ids = (review_id,) if review_id is not None else await reader.index_entries(reviews_in(round_id))
    loaded = await reader.readable(*((REVIEW, each) for each in ids))
    return tuple(
        Notice(K.REVIEW_DUE, each, round.reviews_due)
        for each in sorted(loaded)
        if loaded[each].state.status in OUTSTANDING
    )


# Deadlines of rounds


async def _of_deadline(reader: Fresh, actor: Actor, notice: Notice, now: datetime) -> Tidings | None:
    """Whether the deadline of a form that the person has begun is still that of the reminder. Whether the draft still exists is
    known where drafts are kept."""
    if is_id(APPLICATION.kind, notice.about):
        application: Application = await reader.the(APPLICATION, notice.about)
        if not isinstance(access.applicant(actor, application), Allowed):
            return None
        if notice.kind is K.INVITATION_DUE and application.status is not S.INVITED:
            return None
        call_id, link = application.call, f"/applications/{notice.about}"
    else:
        call_id, link = notice.about, f"/calls/{notice.about}/apply"
    if notice.until not in deadlines(await open_rounds(reader, call_id), actor, now=now):
        return None
    call: Call = await reader.the(CALL, call_id)
    house: Initiative = await reader.the(INITIATIVE, call.initiative)
    assert notice.until is not None
    return Tidings(notice.kind, link, house, call, {"deadline": At(notice.until, call.time_zone)})


async def of_ending_draft(reader: Fresh, notice: Notice, about: str, page: str) -> Tidings | None:
    """What is told of a draft that is deleted soon: `about` is the call, the application or the grant that it is for, `page` where
    it can be read. Who writes in it is known where drafts are kept."""
    assert notice.until is not None
    try:
        call_id = about
        if is_id(APPLICATION.kind, about):
            application: Application = await reader.the(APPLICATION, about)
            call_id = application.call
        elif is_id(GRANT.kind, about):
            grant: Grant = await reader.the(GRANT, about)
            call_id = grant.call
        call: Call = await reader.the(CALL, call_id)
        house: Initiative = await reader.the(INITIATIVE, call.initiative)
    except NotFound:
        return None
    return Tidings(notice.kind, page, house, call, {"deadline": At(notice.until, call.time_zone)})


async def invited_to_round(reader: Fresh, round_id: str) -> tuple[str, ...]:
    """The applications that are invited to the stage of a round and have not answered; none in the first stage."""
    round: Round = await reader.the(ROUND, round_id)
    invited = await reader.index_entries(invited_to(round.call, round.stage))
    loaded = await reader.readable(*((APPLICATION, each) for each in invited))
    return tuple(
        sorted(
            each
            for each, found in loaded.items()
            if found.state.status is S.INVITED and found.state.invited_to == round.stage
        )
    )


async def open_rounds(reader: Fresh, call: str) -> tuple[Round, ...]:
    """The open rounds of a call that have a deadline."""
    ids = await reader.index_entries(rounds_of(call))
    loaded = await reader.load(*((ROUND, each) for each in ids)) if ids else {}
    rounds: list[Round] = [each.state for each in loaded.values()]
    return tuple(each for each in rounds if each.status is RoundStatus.OPEN and not each.rolling)


def deadlines(rounds: Iterable[Round], actor: Actor, *, now: datetime) -> frozenset[datetime]:
    """The deadlines that a person still has in some open rounds: the announced ones, or later ones that were granted to
    them or to an organisation for which they act."""
    found = set()
    for each in rounds:
        assert each.closes_at is not None
        late = [each.late[party] for party in actor.parties if party in each.late]
        found.add(max((each.closes_at, *late)))
    return frozenset(moment for moment in found if moment > now)


def any_near(rounds: Iterable[Round], until: datetime) -> bool:
    """Whether some open rounds have a deadline before a time, for anybody."""
    return any(
        moment is not None and moment <= until
        for each in rounds
        for moment in (each.closes_at, *each.late.values())
    )
