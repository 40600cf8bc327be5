"""One grant's life, walked by real commands and stopped before each of them (`tests.access.moments`)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from domain.applications.facts import ApplicationInvited, ApplicationWaitlisted
from domain.applications.state import APPLICATION
from domain.commands.call_drafts import CallTexts
from domain.forms import Criterion, Form, Question, Rubric
from domain.grants.rules import PlannedInstalment
from domain.indexes import reviews_of
from domain.initiatives.facts import (
    INSTALLATION_ID,
    InitiativeFounded,
    InstallationOpened,
    JurorAddedToRound,
    MemberAdded,
)
from domain.organisations import OrganisationMemberRemoved, OrganisationRegistered
from domain.persons.facts import PersonErased
from domain.persons.state import PERSON as PERSONS
from domain.rounds.facts import RoundQuorumLowered
from domain.rounds.state import ROUND
from domain.stages import Blindness, StageOutline
from domain.values import MEMBER_ROLES, SYSTEM, Role
from tests.access.moments import (
    CONFLICTED_CHAIR,
    CONFLICTED_FINANCE,
    CONFLICTED_JUROR,
    CONFLICTED_OFFICER,
    ERASED,
    MORE_MEMBERS,
    NEWCOMER,
    ORPHANED,
    OUTSIDER,
    RIVAL_CHAIR,
    RIVAL_OFFICER,
    Moment,
    Walk,
    fork,
)
from tests.driving import World
from tests.panel_scene import waitlisted
from tests.scene import (
    ADMINISTRATOR,
    AFTER,
    APPROVER,
    ARTIST,
    CHAIR,
    FINANCE,
    FUNDER,
    INITIATIVE,
    JUDGING_OFFICER,
    JUROR,
    KEEPER,
    OFFICER,
    OTHER_ARTIST,
    SECOND_JUROR,
    STAGE,
    STRANGER,
    THIRD_JUROR,
    as_drafted,
    euros,
    numbered,
    peopled,
    registered,
    stage,
)


def moments(blindness: Blindness = "open") -> dict[str, Moment]:
    """Every row's moment, in the order of one grant's life. In an open call staff judge, too."""
    walk = Walk(World(), AFTER - timedelta(days=60))
    walk.stop("installation.open")
    walk.world.given(INSTALLATION_ID, InstallationOpened(demonstration=False))
    walk.stop("installation.set_up", name="Administrator", language="en", initiative="Winter House")
    walk.world = peopled()
    for who in (*MORE_MEMBERS, OUTSIDER, NEWCOMER):
        walk.world.given(who, registered(who))
    walk.world.given(ERASED, PersonErased(person=ERASED, reason="asked_by_person", dossiers=(), kept=()))
    for who, roles in MORE_MEMBERS.items():
        walk.world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=who, roles=roles))
    _house(walk)
    call, round = _call(walk, blindness)
    application = _round(walk, call, round)
    _reviews(walk, application)
    _panel(walk, round, application)
    _grant(walk, application)
    return walk.moments


def _house(walk: Walk) -> None:
    walk.stop("installation.appoint", person=NEWCOMER)
    walk.stop("initiative.found", name="Another Initiative", founder=NEWCOMER)
    walk.stop("initiative.describe", initiative=INITIATIVE, contact="https://example.org")
    letter = {"letter": "application-received", "language": "en"}
    walk.stop("initiative.write_letter", initiative=INITIATIVE, **letter, text="It is here.")
    walk.do(OFFICER, "initiative.write_letter", initiative=INITIATIVE, **letter, text="It came.")
    walk.stop("initiative.reset_letter", initiative=INITIATIVE, **letter)
    walk.stop("initiative.set_screening", initiative=INITIATIVE, required=True)
    for who in (ADMINISTRATOR, ARTIST):
        walk.do(who, "person.add_factor", person=who, kind="totp")
    walk.stop("initiative.require_factors", initiative=INITIATIVE, required=True)
    walk.stop("initiative.add_member", initiative=INITIATIVE, person=NEWCOMER, roles=(Role.JUROR,))
    walk.stop("initiative.remove_member", initiative=INITIATIVE, person=THIRD_JUROR)
    walk.world.given(ORPHANED, InitiativeFounded(initiative=ORPHANED, name="Invented Orphan", founder=ERASED))
    walk.stop(
        "initiative.add_member: orphan",
        initiative=ORPHANED,
        person=NEWCOMER,
        roles=(Role.ADMINISTRATOR,),
    )
    _invitations(walk)
    walk.stop("person.register", name="Applicant One", email="one@example.org")
    walk.stop("person.make_claim", person=NEWCOMER)
    walk.do(KEEPER, "person.make_claim", person=STRANGER, days=30)
    claim = walk.world.state(PERSONS, STRANGER).claims[-1].id
    walk.stop("person.withdraw_claim", person=STRANGER, claim=claim)
    walk.stop("person.use_claim", person=STRANGER, claim=claim)
    walk.stop("person.register_oneself", name="Applicant Two", language="ru", way="words")
    walk.stop("person.choose_letters", person=STRANGER, letters="sign_in_only", subjects="telling")
    walk.stop("person.add_way_in", person=STRANGER, kind="words")
    walk.do(STRANGER, "person.add_way_in", person=STRANGER, kind="email")
    way = walk.world.state(PERSONS, STRANGER).ways_in[-1].id
    walk.stop("person.remove_way_in", person=STRANGER, way=way)
    walk.stop("person.change_profile", person=STRANGER, name="Applicant Two", language="ru")
    walk.stop("person.exclude_reader", person=STRANGER, reader=JUROR, named="juror@example.org")
    walk.do(STRANGER, "person.exclude_reader", person=STRANGER, reader=NEWCOMER, named="new@example.org")
    exclusion = next(iter(walk.world.state(PERSONS, STRANGER).exclusions))
    walk.stop("person.allow_reader", person=STRANGER, exclusion=exclusion)
    walk.stop("person.add_factor", person=STRANGER, kind="totp")
    walk.do(STRANGER, "person.add_factor", person=STRANGER, kind="totp")
    factor = walk.world.state(PERSONS, STRANGER).factors[-1].id
    walk.stop("person.remove_factor", person=STRANGER, factor=factor)
    walk.stop("person.ask_recovery", person=STRANGER)
    walk.do(SYSTEM, "person.ask_recovery", person=STRANGER)
    walk.stop("person.cancel_recovery", person=STRANGER)
    walk.do(STRANGER, "person.cancel_recovery", person=STRANGER)
    walk.do(KEEPER, "installation.appoint", person=NEWCOMER)
    walk.do(NEWCOMER, "person.ask_recovery", person=STRANGER)
    walk.stop("person.confirm_recovery", person=STRANGER)
    walk.do(STRANGER, "person.cancel_recovery", person=STRANGER)
    walk.stop("person.erase: oneself", person=STRANGER, reason="asked_by_person")
    walk.stop("person.erase", person=NEWCOMER, reason="asked_by_person")
    _organisations(walk)
    other = walk.do(KEEPER, "initiative.found", name="Other Initiative", founder=OUTSIDER)
    walk.do(OUTSIDER, "initiative.add_member", initiative=other, person=OUTSIDER, roles=MEMBER_ROLES)


def _invitations(walk: Walk) -> None:
    """Somebody is invited, and somebody leaves; nobody does in the life that goes on."""
    before = fork(walk.world)
    inviting: dict[str, Any] = {
        "initiative": INITIATIVE,
        "roles": (Role.JUROR,),
        "way": "link",
        "to": "a keyed hash",
    }
    walk.stop("invitation.make", **inviting)
    invitation = walk.do(ADMINISTRATOR, "invitation.make", **inviting)
    for answer in ("accept", "decline", "withdraw"):
        walk.stop(f"invitation.{answer}", invitation=invitation)
    administers = MemberAdded(initiative=INITIATIVE, person=NEWCOMER, roles=(Role.ADMINISTRATOR,))
    walk.world.given(INITIATIVE, administers)
    walk.stop("initiative.leave", initiative=INITIATIVE)
    walk.world = before


def _organisations(walk: Walk) -> None:
    """One that the newcomer registers; somebody of each kind is invited, but nobody joins in the life that goes on."""
    walk.stop("organisation.register", name="Invented Collective")
    before = fork(walk.world)
    organisation = walk.do(ARTIST, "organisation.register", name="Invented Collective")
    walk.stop("organisation.invite", organisation=organisation, person=NEWCOMER)
    walk.do(ARTIST, "organisation.invite", organisation=organisation, person=STRANGER)
    walk.stop("organisation.join", organisation=organisation)
    walk.stop("organisation.remove_member", organisation=organisation, person=STRANGER)
    walk.stop("organisation.close", organisation=organisation)
    walk.stop("organisation.erase", organisation=organisation, reason="asked_by_person")
    alone = numbered("organisation", 2)
    registered_alone = OrganisationRegistered(
        organisation=alone, member=ERASED, name="Invented Orphan", identifiers=()
    )
    walk.world.given(alone, registered_alone, OrganisationMemberRemoved(organisation=alone, person=ERASED))
    walk.stop("organisation.invite: alone", organisation=alone, person=NEWCOMER)
    walk.world = before


def _call(walk: Walk, blindness: Blindness) -> tuple[str, str]:
    fund = walk.stop_and_do(OFFICER, "fund.open", initiative=INITIATIVE, name="Invented Fund", currency="EUR")
    walk.stop_and_do(FUNDER, "fund.pledge", fund=fund, funder=FUNDER, amount=euros("1000.00"))
    pledge = walk.world.facts(fund)[-1].pledge  # type: ignore[attr-defined]
    walk.stop_and_do(
        FINANCE, "fund.pledge: by name", fund=fund, name="Invented Foundation", amount=euros("5.00")
    )
    unassigned = walk.world.facts(fund)[-1].pledge  # type: ignore[attr-defined]
    walk.stop_and_do(FINANCE, "fund.assign_pledge", fund=fund, pledge=unassigned, funder=FUNDER)
    walk.stop_and_do(
        FINANCE,
        "fund.receive",
        fund=fund,
        pledge=pledge,
        amount=euros("1000.00"),
        received_on=walk.now.date(),
    )
    call = walk.stop_and_do(
        OFFICER,
        "call.draft",
        fund=fund,
        title={"en": "Invented Call"},
        summary={"en": "For invented work."},
        stages=(as_drafted(stage(quorum=1, blindness=blindness)),),
        budget=euros("1000.00"),
        minimum_award=euros("100.00"),
        maximum_award=euros("800.00"),
        time_zone="Europe/Berlin",
    )
    walk.stop("call.copy", call=call)
    walk.stop("call.change_draft", call=call, texts=CallTexts(title={"en": "Invented"}))
    walk.stop("call.change_stages", call=call, stages=(StageOutline(id=STAGE),))
    walk.stop("call.discard", call=call)
    walk.stop_and_do(OFFICER, "call.publish", call=call)
    other = Form(questions=(Question(id="other", kind="text", label={"en": "Other"}),))
    walk.stop("call.prepare_form", call=call, stage=STAGE, form=other)
    walk.stop("call.change_form", call=call, stage=STAGE, form=other)
    criteria = Rubric(criteria=(Criterion(id="other", label={"en": "Other"}),))
    walk.stop("call.prepare_rubric", call=call, stage=STAGE, rubric=criteria)
    walk.stop("call.change_rubric", call=call, stage=STAGE, rubric=criteria)
    walk.stop_and_do(OFFICER, "call.set_screening", call=call, required=True)
    walk.stop("call.change", call=call, title={"en": "Invented Call, changed"})
    walk.stop("call.cancel", call=call, reason="events")
    walk.stop("call.add_member", call=call, person=NEWCOMER, roles=(Role.JUROR,))
    before = fork(walk.world)
    walk.do(ADMINISTRATOR, "call.add_member", call=call, person=NEWCOMER, roles=(Role.JUROR,))
    walk.stop("call.remove_member", call=call, person=NEWCOMER)
    walk.world = before
    closes = (AFTER - timedelta(days=1)).replace(tzinfo=None)
    round = walk.stop_and_do(OFFICER, "round.open", call=call, closes_at=closes)
    before = fork(walk.world)
    juror = JurorAddedToRound(initiative=INITIATIVE, call=call, round=round, person=NEWCOMER)
    walk.world.given(INITIATIVE, juror)
    walk.stop("round.remove_juror", round=round, person=NEWCOMER)
    walk.world = before
    return call, round


def _round(walk: Walk, call: str, round: str) -> str:
    applying: dict[str, Any] = {
        "call": call,
        "round": round,
        "title": "Invented Work",
        "requested": euros("500.00"),
        "answers": {"work": "A song about snow"},
    }
    application = walk.stop_and_do(ARTIST, "application.submit", **applying)
    others = [
        walk.do(who, "application.submit", **applying) for who in (OTHER_ARTIST, RIVAL_CHAIR, RIVAL_OFFICER)
    ]
    walk.stop("application.enter", name="Applicant of the staff", **applying)
    walk.stop("application.withdraw", application=application, reason="safety")
    later = AFTER.replace(tzinfo=None)
    walk.stop("round.extend", round=round, closes_at=later, reason="events")
    walk.stop("round.grant_late_access", round=round, applicant=NEWCOMER, until=later, reason="illness")
    walk.stop("round.set_reviews_due", round=round, due_at=later)
    _returned(walk, application)
    walk.now = AFTER
    walk.stop_and_do(SYSTEM, "round.close", round=round)
    walk.stop("reading.record", round=round, kinds=("applicants", "answers", "scores"))
    for other in others:
        walk.do(OFFICER, "application.find_ineligible", application=other, reason="outside_scope")
    walk.stop("application.find_ineligible", application=application, reason="outside_scope")
    walk.stop_and_do(OFFICER, "application.find_eligible", application=application)
    return application


def _returned(walk: Walk, application: str) -> None:
    """Afterwards it is as if nothing of this had been."""
    text: dict[str, Any] = {
        "application": application,
        "title": "Invented Work",
        "requested": euros("500.00"),
        "answers": {"work": "A song about snow"},
    }
    walk.stop("application.change", **text)
    walk.stop("application.record_writer", application=application, person=STRANGER, owner=ARTIST)
    before, then = fork(walk.world), walk.now
    state = walk.world.state(APPLICATION, application)
    invitation = ApplicationInvited(
        application=application, panel=numbered("panel", 1), call=state.call, stage=state.stage
    )
    walk.world.given(application, invitation)
    walk.stop("application.continue", **text)
    walk.world = fork(before)
    by = (walk.now + timedelta(days=7)).replace(tzinfo=None)
    walk.stop_and_do(
        OFFICER, "application.return", application=application, questions="Why snow?", resubmit_by=by
    )
    walk.stop("application.resubmit", **text)
    walk.now += timedelta(days=8)
    walk.stop("application.lapse_return", application=application)
    walk.world, walk.now = before, then


def _reviews(walk: Walk, application: str) -> None:
    conflicted = (CONFLICTED_JUROR, CONFLICTED_CHAIR, CONFLICTED_OFFICER, CONFLICTED_FINANCE)
    own = {
        juror: walk.do(OFFICER, "review.assign", application=application, juror=juror)
        for juror in (JUROR, SECOND_JUROR, *conflicted)
    }
    assert walk.world.indexes[reviews_of(application)] == set(own.values())
    for juror in conflicted:
        walk.do(juror, "review.declare_conflict", review=own[juror], reason="friendship")
    walk.stop("review.assign", application=application, juror=THIRD_JUROR)
    _messages(walk, application)
    walk.stop("review.replace", review=own[CONFLICTED_JUROR], juror=THIRD_JUROR)
    walk.stop("review.declare_conflict", review=own[JUROR], reason="friendship")
    walk.stop_and_do(JUROR, "review.declare_no_conflict", review=own[JUROR])
    _quorum(walk, application)
    scores = {"art": 8, "need": 3}
    walk.stop_and_do(JUROR, "review.submit", review=own[JUROR], scores=scores)
    walk.stop_and_do(JUROR, "review.change", review=own[JUROR], scores=scores)


def _messages(walk: Walk, application: str) -> None:
    walk.stop("application.write_note", application=application, text="Ask for the address.")
    walk.stop_and_do(OFFICER, "application.write_message", application=application, text="Where do you live?")
    walk.stop("application.settle_messages", application=application, read_until=walk.now)


def _quorum(walk: Walk, application: str) -> None:
    """Everybody of the jury was asked, so that nobody is left, and their reviews are fewer than the quorum; afterwards
    it is as if nothing of this had been."""
    before = fork(walk.world)
    round = walk.world.state(APPLICATION, application).round
    many = RoundQuorumLowered(round=round, application=application, quorum=9, reason="other")
    walk.world.given(round, many)
    for juror in (THIRD_JUROR, JUDGING_OFFICER, CHAIR):
        own = walk.do(OFFICER, "review.assign", application=application, juror=juror)
    walk.do(CHAIR, "review.declare_no_conflict", review=own)
    walk.stop("application.lower_quorum", application=application, quorum=8, reason="conflicts_of_interest")
    walk.world = before


def _panel(walk: Walk, round: str, application: str) -> None:
    panel = walk.stop_and_do(OFFICER, "panel.open", round=round)
    award = euros("500.00")
    walk.stop_and_do(
        CHAIR,
        "panel.set_outcome",
        panel=panel,
        application=application,
        outcome="award",
        reason="quality",
        amount=award,
    )
    walk.stop("panel.write_note", panel=panel, application=application, text="A note.")
    walk.stop_and_do(CHAIR, "panel.close", panel=panel)
    walk.stop("panel.return", panel=panel, reason="procedure")
    walk.stop_and_do(OFFICER, "panel.confirm", panel=panel)
    later = walk.now + timedelta(days=7)
    walk.stop_and_do(OFFICER, "panel.plan_announcement", panel=panel, announce_at=later.replace(tzinfo=None))
    walk.stop("panel.cancel_announcement", panel=panel)
    walk.now = later
    walk.stop_and_do(OFFICER, "panel.announce", panel=panel)


def _waiting_list(walk: Walk, application: str, grant: str) -> None:
    """Another application of the round waits when the offer is declined; afterwards it is as if nothing of this had been."""
    before = fork(walk.world)
    awarded = walk.world.state(APPLICATION, application)
    assert awarded.panel is not None
    other = next(each for each in walk.world.state(ROUND, awarded.round).applications if each != application)
    waiting = ApplicationWaitlisted(application=other, panel=awarded.panel, rank=1)
    walk.world.given(awarded.panel, msgspec.structs.replace(waitlisted(1, other), panel=awarded.panel))
    walk.world.given(other, waiting)
    walk.do(ARTIST, "grant.decline", grant=grant, reason="other")
    walk.stop("panel.move_waiting_list", panel=awarded.panel)
    walk.world = before


def _grant(walk: Walk, application: str) -> None:
    respond_by = walk.now + timedelta(days=14)
    grant = walk.stop_and_do(OFFICER, "grant.offer", application=application, respond_by=respond_by)
    walk.stop("grant.decline", grant=grant, reason="other")
    before, walk.now = walk.now, respond_by
    walk.stop("grant.lapse", grant=grant)
    walk.now = before
    _waiting_list(walk, application, grant)
    walk.stop_and_do(ARTIST, "grant.accept", grant=grant)
    walk.stop_and_do(
        ARTIST,
        "grant.set_payee",
        grant=grant,
        kind="recipient",
        name="Applicant One",
        account="In cash, by hand",
    )
    walk.stop_and_do(FINANCE, "grant.confirm_payee", grant=grant, setting=1)
    screening = {"result": "no_match", "reference": "S-1", "screened_on": walk.now.date()}
    walk.stop_and_do(FINANCE, "grant.record_screening", grant=grant, setting=1, **screening)
    plan = (PlannedInstalment(amount=euros("500.00"), due=date(2026, 6, 1)),)
    walk.stop_and_do(OFFICER, "grant.schedule", grant=grant, instalments=plan)
    walk.stop("grant.terminate", grant=grant, reason="recipient_asked")
    walk.stop_and_do(OFFICER, "grant.suspend", grant=grant, reason="under_review")
    walk.stop_and_do(OFFICER, "grant.resume", grant=grant)
    ends_on = date(2026, 12, 1)
    walk.stop_and_do(OFFICER, "grant.propose_amendment", grant=grant, ends_on=ends_on)
    walk.stop("grant.decline_amendment", grant=grant, amendment=1)
    walk.stop_and_do(ARTIST, "grant.accept_amendment", grant=grant, amendment=1)
    walk.stop_and_do(ARTIST, "grant.submit_report", grant=grant, text="It was shown in May.")
    walk.stop("grant.return_report", grant=grant, report=1, reason="unclear")
    walk.stop_and_do(OFFICER, "grant.accept_report", grant=grant, report=1)
    one: dict[str, Any] = {"grant": grant, "instalment": 1}
    walk.stop_and_do(ARTIST, "instalment.request", **one)
    walk.stop_and_do(FINANCE, "instalment.approve: first", **one)
    walk.stop_and_do(APPROVER, "instalment.approve: second", **one)
    walk.stop_and_do(FINANCE, "instalment.instruct", **one, reference="BATCH-1")
    walk.stop("instalment.fail", **one, reason="held_by_bank")
    walk.stop_and_do(FINANCE, "instalment.settle", **one, amount=euros("500.00"), settled_on=walk.now.date())
    walk.stop_and_do(OFFICER, "grant.complete", grant=grant)
    walk.stop("application.erase", application=application)
    dossier = walk.world.state(APPLICATION, application).dossier
    walk.stop("dossier.erase", dossier=dossier, reason="retention_ended")
