"""What an organisation applies for, receives and is paid, and who takes no part in deciding on it: each rule that compares a
person with an applicant, a recipient or a payee, for somebody who acts for an organisation."""

from datetime import datetime, timedelta

import msgspec
import pytest

from domain.applications.facts import ApplicationAwarded, ApplicationSubmitted
from domain.commands.announcing import AnnouncePanel, CancelPanelAnnouncement, PlanPanelAnnouncement
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.applications.returning import ResubmitApplication
from domain.commands.applications.submitting import ChangeApplication, SubmitApplication
from domain.commands.grants.instalments import ApproveInstalment, RequestInstalment
from domain.commands.grants.offering import AcceptGrant, OfferGrant
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.commands.grants.reports import SubmitGrantReport
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.organisations import (
    CloseOrganisation,
    EraseOrganisation,
    InviteToOrganisation,
    JoinOrganisation,
    RemoveOrganisationMember,
)
from domain.commands.panels import OpenPanel, ReturnPanel
from domain.commands.reviews import AssignReview, DeclareConflict, DeclareNoConflict, SubmitReview
from domain.commands.rounds import ExtendRound, GrantLateAccess
from domain.deciding import Command
from domain.funds import FundOpened, FundPledged, FundReceived
from domain.grants.facts import GrantOffered, GrantPayeeConfirmed, GrantPayeeSet
from domain.grants.rules import PlannedInstalment
from domain.organisations import OrganisationRegistered
from domain.persons import PERSON, PersonHandleGiven, PersonJoinedOrganisation
from domain.readings import reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.rounds.state import ROUND as ROUNDS
from domain.stages import Blindness
from domain.values import Role
from tests.driving import NOON, World
from tests.panel_scene import panel_opened
from tests.scene import (
    AFTER,
    APPROVER,
    ARTIST,
    CALL,
    CHAIR,
    CLOSES,
    FINANCE,
    FUND,
    INITIATIVE,
    JUROR,
    KEEPER,
    OFFICER,
    OTHER_ARTIST,
    PANEL,
    ROUND,
    STRANGER,
    calling,
    closed,
    euros,
    found_eligible,
    has_read,
    numbered,
)

HIDDEN = (NotFound, "Not found, or you have no access.")
COLLECTIVE = numbered("organisation", 1)
HOST = numbered("organisation", 2)
APPLY = SubmitApplication(
    call=CALL,
    round=ROUND,
    applicant=COLLECTIVE,
    title="Invented Work",
    requested=euros("500.00"),
    answers={"work": "A song about snow"},
)
LATE = GrantLateAccess(
    round=ROUND, applicant=COLLECTIVE, until=datetime.fromisoformat("2026-04-07 23:59"), reason="illness"
)


def begins_to_act(world: World, organisation: str, *people: str) -> None:
    """People act for an organisation from now on, who were asked and accepted."""
    first, *others = people
    if not world.facts(organisation):
        world.given(
            organisation,
            OrganisationRegistered(organisation=organisation, member=first, name="Invented", identifiers=()),
        )
        world.given(first, PersonJoinedOrganisation(person=first, organisation=organisation))
    for other in others:
        world.run(InviteToOrganisation(organisation=organisation, person=other), first)
        world.run(JoinOrganisation(organisation=organisation), other)


def leaves(world: World, organisation: str, person: str) -> None:
    """Somebody stops acting for an organisation."""
    world.run(RemoveOrganisationMember(organisation=organisation, person=person), person)


def with_open_round() -> World:
    """A round takes in applications; the artist acts for a collective."""
    world = calling()
    begins_to_act(world, COLLECTIVE, ARTIST)
    return world


def has_read_answers(world: World, person: str) -> None:
    """Somebody was shown what applicants of the round wrote."""
    reading = reading_of(person, ROUND)
    world.given(person, PersonHandleGiven(person=person, scope=CALL, handle="k7m2p9qrst"))
    world.given(reading, *has_read(person, "answers"))


class TestApplying:
    def test_a_member_applies_for_the_organisation_which_is_the_applicant(self) -> None:
        world = with_open_round()
        outcome = world.run(APPLY, ARTIST)
        (submitted,) = outcome.facts[outcome.answers]
        assert isinstance(submitted, ApplicationSubmitted)
        assert submitted.applicant == COLLECTIVE
        assert world.indexes[f"submissions of {COLLECTIVE}"] == {outcome.answers}
        assert f"submissions of {ARTIST}" not in world.indexes

    def test_where_a_call_takes_one_application_each_party_submits_one(self) -> None:
        """Whichever member submits it; the members' own are others'."""
        world = calling()
        drafted, *_ = world.streams[CALL]
        world.streams[CALL][0] = msgspec.structs.replace(drafted, applications_per_applicant="one")
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        world.run(APPLY, ARTIST)
        refused = (
            Refused,
            (
                "This call takes one application from each applicant, and you have submitted yours. You can change it, or "
                "withdraw it and submit another one."
            ),
        )
        assert world.turned_down(APPLY, OTHER_ARTIST) == refused
        for_oneself = msgspec.structs.replace(APPLY, applicant=None)
        world.run(for_oneself, OTHER_ARTIST)
        assert world.turned_down(for_oneself, OTHER_ARTIST) == refused

    @pytest.mark.parametrize("applicant", [COLLECTIVE, HOST, OTHER_ARTIST])
    def test_nobody_applies_for_a_party_that_is_not_theirs(self, applicant: str) -> None:
        """Whether it exists is not told."""
        world = with_open_round()
        command = SubmitApplication(
            call=CALL, round=ROUND, applicant=applicant, title="T", requested=euros("1.00"), answers={}
        )
        assert world.turned_down(command, STRANGER) == HIDDEN

    def test_who_left_applies_no_more(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        leaves(world, COLLECTIVE, OTHER_ARTIST)
        assert world.turned_down(APPLY, OTHER_ARTIST) == HIDDEN

    def test_every_member_withdraws_it(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        application = world.run(APPLY, ARTIST).answers
        withdraw = WithdrawApplication(application=application, reason="other")
        assert world.turned_down(withdraw, STRANGER) == HIDDEN
        world.run(withdraw, OTHER_ARTIST)

    def test_a_closed_organisation_applies_no_more(self) -> None:
        world = with_open_round()
        world.run(CloseOrganisation(organisation=COLLECTIVE), ARTIST)
        assert world.turned_down(APPLY, ARTIST) == (Refused, "This organisation was closed.")

    def test_for_an_erased_organisation_nobody_acts(self) -> None:
        world = with_open_round()
        world.run(EraseOrganisation(organisation=COLLECTIVE, reason="safety"), KEEPER)
        assert world.turned_down(APPLY, ARTIST) == HIDDEN
        assert world.state(PERSON, ARTIST).former_organisations == {COLLECTIVE}

    def test_who_has_read_others_answers_does_not_apply_for_an_organisation(self) -> None:
        world = with_open_round()
        has_read_answers(world, ARTIST)
        assert world.turned_down(APPLY, ARTIST) == (
            Forbidden,
            "You have read applications of this round, so you cannot apply in it.",
        )

    def test_nor_does_a_colleague_of_theirs(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        has_read_answers(world, OFFICER)
        assert world.turned_down(APPLY, ARTIST) == (
            Forbidden,
            "Somebody who acts for this organisation has read applications of this round, so it cannot apply in it.",
        )

    def test_who_left_before_keeps_nobody_from_applying(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        has_read_answers(world, OFFICER)
        leaves(world, COLLECTIVE, OFFICER)
        world.run(APPLY, ARTIST)

    def test_who_read_before_they_joined_does_not_change_its_application(self) -> None:
        world = with_open_round()
        application = world.run(APPLY, ARTIST).answers
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        change = ChangeApplication(
            application=application, title="Better", requested=euros("500.00"), answers=APPLY.answers
        )
        world.run(change, OFFICER)
        has_read_answers(world, OFFICER)
        resubmit = ResubmitApplication(
            application=application, title="Better", requested=euros("500.00"), answers=APPLY.answers
        )
        for command in (change, resubmit):
            assert world.turned_down(command, OFFICER) == (
                Forbidden,
                "You have read others' applications to this call, so you can no longer write in this one.",
            )
            assert world.turned_down(command, ARTIST) == (
                Forbidden,
                (
                    "Somebody who acts for this organisation has read others' applications to this call, so it can no "
                    "longer write in its own."
                ),
            )
        world.run(WithdrawApplication(application=application, reason="other"), OFFICER)


class TestLateAccess:
    """An organisation is let in late as a person is."""

    def test_is_the_organisations_and_no_members(self) -> None:
        world = with_open_round()
        world.given(ROUND, closed())
        world.run(LATE, OFFICER, AFTER)
        assert world.turned_down(msgspec.structs.replace(APPLY, applicant=None), ARTIST, AFTER)[0] is Refused
        application = world.run(APPLY, ARTIST, AFTER).answers
        world.pass_time(CLOSES + timedelta(days=7))
        assert world.state(ROUNDS, ROUND).applications == (application,)

    @pytest.mark.parametrize("left", [False, True])
    def test_is_not_given_by_whoever_acts_or_acted_for_it(self, left: bool) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        if left:
            leaves(world, COLLECTIVE, OFFICER)
        assert world.turned_down(LATE, OFFICER) == (
            Forbidden,
            "You act for this organisation, or did so before, so another member of the staff must give it more time.",
        )

    def test_nor_is_the_deadline_put_off_by_them_once_it_applied(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        world.run(APPLY, ARTIST)
        extend = ExtendRound(round=ROUND, closes_at=LATE.until, reason="events")
        assert world.turned_down(extend, OFFICER) == (
            Forbidden,
            "You or your organisation applied in this round, so you cannot take part in deciding on it.",
        )

    def test_is_given_to_none_that_is_closed_or_not_there(self) -> None:
        world = with_open_round()
        other = msgspec.structs.replace(LATE, applicant=HOST)
        assert world.turned_down(other, OFFICER) == (NotFound, "There is no such person or organisation.")
        world.run(CloseOrganisation(organisation=COLLECTIVE), ARTIST)
        assert world.turned_down(LATE, OFFICER) == (Refused, "This organisation was closed.")


class TestDecidingOnIt:
    @pytest.mark.parametrize("left", [False, True])
    def test_whoever_acts_or_acted_for_the_applicant_does_not_examine_it_nor_its_rivals(
        self, left: bool
    ) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        ours = world.run(APPLY, ARTIST).answers
        rival = SubmitApplication(
            call=CALL, round=ROUND, title="R", requested=euros("500.00"), answers={"work": "A song"}
        )
        theirs = world.run(rival, OTHER_ARTIST).answers
        if left:
            leaves(world, COLLECTIVE, OFFICER)
        assert world.turned_down(FindApplicationEligible(application=ours), OFFICER) == (
            Forbidden,
            "You act for the organisation that applied, or did so before, so somebody else must do this.",
        )
        apart = (
            Forbidden,
            "You or your organisation applied in this round, so you cannot take part in deciding on it.",
        )
        assert world.turned_down(FindApplicationEligible(application=theirs), OFFICER) == apart
        assert world.turned_down(OpenPanel(round=ROUND), OFFICER) == apart
        world.given(PANEL, panel_opened())
        for decision in (
            ReturnPanel(panel=PANEL, reason="procedure"),
            AnnouncePanel(panel=PANEL),
            PlanPanelAnnouncement(panel=PANEL, announce_at=LATE.until),
            CancelPanelAnnouncement(panel=PANEL),
        ):
            assert world.turned_down(decision, OFFICER) == apart

    @pytest.mark.parametrize("left", [False, True])
    def test_a_juror_who_acts_or_acted_for_the_applicant_is_not_asked(self, left: bool) -> None:
        """In an open call they are told why."""
        world = calling(blindness="open")
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        application = world.run(APPLY, ARTIST).answers
        if left:
            leaves(world, COLLECTIVE, JUROR)
        world.given(application, found_eligible(application))
        world.given(ROUND, closed(application))
        assert world.turned_down(AssignReview(application=application, juror=JUROR), OFFICER) == (
            Refused,
            "Nobody reviews their own application.",
        )

    @pytest.mark.parametrize("blindness", ["open", "double"])
    @pytest.mark.parametrize("left", [False, True])
    def test_a_juror_who_was_asked_before_they_acted_for_the_applicant_steps_back(
        self, left: bool, blindness: Blindness
    ) -> None:
        """Neither its application nor a rival's is judged by them; what they submitted before stands."""
        world = calling(quorum=1, blindness=blindness)
        begins_to_act(world, COLLECTIVE, ARTIST)
        ours = world.run(APPLY, ARTIST).answers
        rival = SubmitApplication(
            call=CALL, round=ROUND, title="R", requested=euros("500.00"), answers={"work": "A song"}
        )
        theirs = world.run(rival, OTHER_ARTIST).answers
        for application in (ours, theirs):
            world.run(FindApplicationEligible(application=application), OFFICER)
        world.given(ROUND, closed(*sorted((ours, theirs))))
        first, second = (
            world.run(AssignReview(application=application, juror=JUROR), OFFICER, AFTER).answers
            for application in (ours, theirs)
        )
        world.run(DeclareNoConflict(review=first), JUROR, AFTER)
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        if left:
            leaves(world, COLLECTIVE, JUROR)
        refused = (
            Forbidden,
            (
                "You applied in this round, or act or acted for an organisation that did, so you cannot judge in it. "
                "Declare a conflict of interest instead."
            ),
        )
        submit = SubmitReview(review=first, scores={"art": 8, "need": 3})
        assert world.turned_down(submit, JUROR, AFTER) == refused
        assert world.turned_down(DeclareNoConflict(review=second), JUROR, AFTER) == refused
        for review in (first, second):
            world.run(DeclareConflict(review=review, reason="employment"), JUROR, AFTER)


def granted(world: World, *, respond: bool = True) -> str:
    """The collective was awarded 500.00 EUR, offered it and, if they `respond`, accepted it."""
    world.given(
        FUND,
        FundOpened(fund=FUND, initiative=INITIATIVE, name="Invented Fund", currency="EUR", basis="received"),
    )
    pledge = numbered("pledge", 1)
    world.given(
        FUND,
        FundPledged(fund=FUND, pledge=pledge, funder=STRANGER, amount=100_000, restriction=None),
        FundReceived(fund=FUND, pledge=pledge, amount=100_000, received_on=NOON.date()),
    )
    application = world.run(APPLY, ARTIST).answers
    world.given(
        application,
        ApplicationAwarded(
            application=application,
            panel=numbered("panel", 1),
            amount=50_000,
            currency="EUR",
            reason="quality",
        ),
    )
    offer = OfferGrant(application=application, respond_by=NOON + timedelta(days=3))
    grant = world.run(offer, OFFICER).answers
    if respond:
        world.run(AcceptGrant(grant=grant), ARTIST)
    return grant


PAYEE = {"name": "Invented Collective", "account": "DE89 3704 0044 0532 0130 00"}


class TestItsGrant:
    def test_is_offered_to_the_organisation_and_accepted_by_any_member(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        grant = granted(world, respond=False)
        offered = world.facts(grant)[0]
        assert isinstance(offered, GrantOffered)
        assert offered.recipient == COLLECTIVE
        assert world.turned_down(AcceptGrant(grant=grant), STRANGER) == HIDDEN
        world.run(AcceptGrant(grant=grant), OTHER_ARTIST)
        world.run(SetGrantPayee(grant=grant, kind="recipient", **PAYEE), OTHER_ARTIST)
        world.run(SubmitGrantReport(grant=grant, text="Sung."), ARTIST)
        payee = world.facts(grant)[2]
        assert isinstance(payee, GrantPayeeSet)
        assert payee.party == COLLECTIVE

    def test_is_not_offered_to_one_that_was_closed(self) -> None:
        world = with_open_round()
        grant = granted(world, respond=False)
        application = world.facts(grant)[0].application  # type: ignore[attr-defined]
        world.streams.pop(grant)
        world.unique_names.clear()
        world.run(CloseOrganisation(organisation=COLLECTIVE), ARTIST)
        offer = OfferGrant(application=application, respond_by=NOON + timedelta(days=3))
        assert world.turned_down(offer, OFFICER) == (Refused, "This organisation was closed.")

    @pytest.mark.parametrize("left", [False, True])
    def test_whoever_acts_or_acted_for_it_neither_offers_nor_confirms_nor_approves(self, left: bool) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, FINANCE)
        grant = granted(world)
        world.run(SetGrantPayee(grant=grant, kind="recipient", **PAYEE), ARTIST)
        if left:
            leaves(world, COLLECTIVE, FINANCE)
        own = (
            Forbidden,
            "You act for the organisation that receives this grant, or did so before, so somebody else must do this.",
        )
        assert world.turned_down(ConfirmGrantPayee(grant=grant, setting=1), FINANCE) == own


def paid_to_host(world: World, *, colleagues: tuple[str, ...]) -> str:
    """The collective's grant is to be paid to a fiscal host, for which the colleagues act."""
    begins_to_act(world, HOST, STRANGER, *colleagues)
    grant = granted(world)
    plan = (PlannedInstalment(amount=euros("500.00"), due=NOON.date()),)
    world.run(ScheduleGrant(grant=grant, instalments=plan), OFFICER)
    world.run(SetGrantPayee(grant=grant, kind="fiscal_host", host=HOST, **PAYEE), ARTIST)
    return grant


class TestAFiscalHost:
    def test_is_the_party_that_is_paid(self) -> None:
        world = with_open_round()
        grant = paid_to_host(world, colleagues=())
        payee = world.facts(grant)[-1]
        assert isinstance(payee, GrantPayeeSet)
        assert (payee.kind, payee.party) == ("fiscal_host", HOST)

    def test_that_is_not_registered_here_is_named_in_words(self) -> None:
        world = with_open_round()
        grant = granted(world)
        world.run(SetGrantPayee(grant=grant, kind="fiscal_host", **PAYEE), ARTIST)
        payee = world.facts(grant)[-1]
        assert isinstance(payee, GrantPayeeSet)
        assert payee.party is None

    @pytest.mark.parametrize("left", [False, True])
    def test_is_not_confirmed_by_whoever_acts_or_acted_for_it(self, left: bool) -> None:
        world = with_open_round()
        grant = paid_to_host(world, colleagues=(FINANCE,))
        if left:
            leaves(world, HOST, FINANCE)
        assert world.turned_down(ConfirmGrantPayee(grant=grant, setting=1), FINANCE) == (
            Forbidden,
            "You act for the payee, or did so before, so somebody else must do this.",
        )

    def test_is_not_approved_by_whoever_acts_for_it(self) -> None:
        world = with_open_round()
        grant = paid_to_host(world, colleagues=(APPROVER,))
        world.given(grant, GrantPayeeConfirmed(grant=grant, setting=1))
        world.run(RequestInstalment(grant=grant, instalment=1), ARTIST)
        world.run(ApproveInstalment(grant=grant, instalment=1), FINANCE)
        assert world.turned_down(ApproveInstalment(grant=grant, instalment=1), APPROVER) == (
            Forbidden,
            "You act for the payee, or did so before, so somebody else must do this.",
        )

    def test_leaves_the_grant_to_everybody_else(self) -> None:
        world = with_open_round()
        grant = paid_to_host(world, colleagues=(CHAIR,))
        world.run(ConfirmGrantPayee(grant=grant, setting=1), FINANCE)
        assert world.verdict is not None
        assert getattr(world.verdict, "role", None) is Role.FINANCE

    @pytest.mark.parametrize(
        ("kind", "host", "answer"),
        [
            (
                "fiscal_host",
                numbered("organisation", 9),
                (NotFound, "There is no such person or organisation."),
            ),
            (
                "fiscal_host",
                COLLECTIVE,
                (
                    Invalid,
                    {"host": "The recipient cannot be its own fiscal host; say that it is paid itself."},
                ),
            ),
            (
                "other",
                HOST,
                (
                    Invalid,
                    {"host": "Leave this empty, or choose a fiscal host as the payee."},
                ),
            ),
        ],
    )
    def test_has_to_be_another_party_that_is_known(self, kind: str, host: str, answer: object) -> None:
        world = with_open_round()
        begins_to_act(world, HOST, STRANGER)
        grant = granted(world)
        command: Command = SetGrantPayee(grant=grant, kind=kind, host=host, **PAYEE)  # type: ignore[arg-type]
        assert world.turned_down(command, ARTIST) == answer

    def test_that_was_closed_is_not_named(self) -> None:
        world = with_open_round()
        begins_to_act(world, HOST, STRANGER)
        world.run(CloseOrganisation(organisation=HOST), STRANGER)
        grant = granted(world)
        command = SetGrantPayee(grant=grant, kind="fiscal_host", host=HOST, **PAYEE)
        assert world.turned_down(command, ARTIST) == (Refused, "This organisation was closed.")
