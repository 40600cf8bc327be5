"""What ends when a person begins to act for an organisation: what they decided before on its money, and in a
round in which it applied, no longer counts."""

from datetime import timedelta

import msgspec
import pytest

from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    RequestInstalment,
)
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.organisations import InviteToOrganisation, JoinOrganisation
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, SetPanelOutcome
from domain.commands.reviews import AssignReview, DeclareNoConflict, ReplaceReview, SubmitReview
from domain.commands.screening import RecordScreening
from domain.deciding import Command, Fact
from domain.grants.facts import GrantDecisionsEnded, GrantScreeningEnded, ScreeningResult
from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT
from domain.grants.statuses import InstalmentStatus
from domain.initiatives.facts import MemberAdded
from domain.panels.state import PANEL as PANELS
from domain.panels.state import PanelStatus
from domain.refusals import Refused
from domain.reviews.facts import ReviewConflictDeclared
from domain.reviews.state import REVIEW, Review, ReviewStatus
from domain.stages import Blindness
from domain.values import Role
from tests.driving import NOON, World
from tests.organisations.scene import (
    APPLY,
    COLLECTIVE,
    HOST,
    PAYEE,
    begins_to_act,
    granted,
    leaves,
    paid_to_host,
    with_open_round,
)
from tests.scene import (
    AFTER,
    APPROVER,
    ARTIST,
    CHAIR,
    FINANCE,
    FUNDER,
    INITIATIVE,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    ROUND,
    SECOND_JUROR,
    STRANGER,
    calling,
    closed,
    euros,
)

OTHERS = {FINANCE: CHAIR, APPROVER: FUNDER}
"""Another person with the same role."""
DAY_AFTER = NOON + timedelta(days=2)


def steps(grant: str) -> list[tuple[Command, str]]:
    """What leads from the bank details to a payment that failed, and who does it."""
    return [
        (ConfirmGrantPayee(grant=grant, setting=1), FINANCE),
        (RequestInstalment(grant=grant, instalment=1), ARTIST),
        (ApproveInstalment(grant=grant, instalment=1), FINANCE),
        (ApproveInstalment(grant=grant, instalment=1), APPROVER),
        (InstructInstalment(grant=grant, instalment=1, reference="OW-1"), FINANCE),
        (FailInstalment(grant=grant, instalment=1, reason="held_by_bank"), FINANCE),
    ]


REQUESTED, ONCE, TWICE, SENT, FAILED = range(2, 7)
"""How many of these steps lead there."""


def paying(count: int, *, host: bool = False) -> tuple[World, str]:
    """A grant of the collective, paid to itself or to a fiscal host, after some `steps`. For each role in a payment there are
    two people."""
    world = with_open_round()
    for one, other in OTHERS.items():
        role = Role.FINANCE if one == FINANCE else Role.APPROVER
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=other, roles=(role,)))
    if host:
        grant = paid_to_host(world, colleagues=())
    else:
        grant = granted(world)
        plan = (PlannedInstalment(amount=euros("500.00"), due=NOON.date()),)
        world.run(ScheduleGrant(grant=grant, instalments=plan), OFFICER)
        world.run(SetGrantPayee(grant=grant, kind="recipient", **PAYEE), ARTIST)
    for command, actor in steps(grant)[:count]:
        world.run(command, actor)
    return world, grant


def joins(world: World, person: str, *, host: bool = False) -> None:
    """A person begins to act for the collective, or for its fiscal host."""
    begins_to_act(world, HOST if host else COLLECTIVE, STRANGER if host else ARTIST, person)


def ended(world: World, grant: str) -> tuple[Fact, ...]:
    """What ended of a grant's decisions."""
    return tuple(
        fact for fact in world.facts(grant) if isinstance(fact, GrantDecisionsEnded | GrantScreeningEnded)
    )


class TestWhoeverDecidedOnAPaymentAndThenActsForWhoIsPaid:
    @pytest.mark.parametrize("host", [False, True])
    @pytest.mark.parametrize("left", [False, True])
    @pytest.mark.parametrize(
        ("after", "person"), [(ONCE, FINANCE), (TWICE, FINANCE), (TWICE, APPROVER), (FAILED, APPROVER)]
    )
    def test_has_approved_nothing(self, after: int, person: str, left: bool, host: bool) -> None:
        """Both approvals are needed again, also if they leave again."""
        world, grant = paying(after, host=host)
        joins(world, person, host=host)
        if left:
            leaves(world, HOST if host else COLLECTIVE, person)
        assert ended(world, grant) == (
            GrantDecisionsEnded(grant=grant, instalments=(1,), payee=person == FINANCE),
        )
        payer = OTHERS[FINANCE]
        instruct = InstructInstalment(grant=grant, instalment=1, reference="OW-2")
        assert world.turned_down(instruct, payer) == (
            Refused,
            (
                "Somebody who approved this instalment has begun to act for the recipient or the payee since. So it needs "
                "both approvals again, from people who act for neither."
            ),
        )
        if person == FINANCE:
            world.run(ConfirmGrantPayee(grant=grant, setting=1), payer)
        first, second = (OTHERS[FINANCE], APPROVER) if person == FINANCE else (FINANCE, OTHERS[APPROVER])
        world.run(ApproveInstalment(grant=grant, instalment=1), first)
        world.run(ApproveInstalment(grant=grant, instalment=1), second)
        world.run(instruct, payer)

    def test_nothing_else_is_approved_by_one_person_alone(self) -> None:
        """The other approval falls, too, but that person may give it again."""
        world, grant = paying(TWICE)
        joins(world, APPROVER)
        instalment = world.state(GRANT, grant).instalments[1]
        assert (instalment.status, instalment.first_approver, instalment.second_approver) == (
            InstalmentStatus.REQUESTED,
            None,
            None,
        )

    def test_ends_the_approvals_of_what_the_bank_was_asked_for_once_it_is_not_paid(self) -> None:
        world, grant = paying(SENT)
        joins(world, APPROVER)
        world.run(FailInstalment(grant=grant, instalment=1, reason="held_by_bank"), FINANCE)
        instruct = InstructInstalment(grant=grant, instalment=1, reference="OW-2")
        assert world.turned_down(instruct, FINANCE)[0] is Refused
        world.run(ApproveInstalment(grant=grant, instalment=1), FINANCE)
        world.run(ApproveInstalment(grant=grant, instalment=1), OTHERS[APPROVER])
        world.run(instruct, FINANCE)

    def test_has_confirmed_no_bank_details(self) -> None:
        """Somebody else confirms the same ones; the approvals of others stand."""
        world, grant = paying(1)
        world.run(RequestInstalment(grant=grant, instalment=1), ARTIST)
        world.run(ApproveInstalment(grant=grant, instalment=1), OTHERS[FINANCE])
        world.run(ApproveInstalment(grant=grant, instalment=1), APPROVER)
        joins(world, FINANCE)
        assert ended(world, grant) == (GrantDecisionsEnded(grant=grant, instalments=(), payee=True),)
        instruct = InstructInstalment(grant=grant, instalment=1, reference="OW-1")
        assert world.turned_down(instruct, OTHERS[FINANCE]) == (
            Refused,
            "The bank details are not confirmed. They must be confirmed before a payment.",
        )
        world.run(ConfirmGrantPayee(grant=grant, setting=1), OTHERS[FINANCE])
        world.run(instruct, OTHERS[FINANCE])

    @pytest.mark.parametrize(
        ("result", "counts"), [("no_match", False), ("match_ruled_out", False), ("match", True)]
    )
    def test_has_screened_nobody(self, result: ScreeningResult, counts: bool) -> None:
        """Only a match stays, so that nobody can remove it by inviting the person who found it."""
        world, grant = paying(0)
        screening = RecordScreening(
            grant=grant, setting=1, result=result, reference="S-1", screened_on=NOON.date()
        )
        world.run(screening, FINANCE)
        joins(world, FINANCE)
        assert ended(world, grant) == (() if counts else (GrantScreeningEnded(grant=grant, setting=1),))
        assert world.state(GRANT, grant).screened == ("match" if counts else None)

    def test_decided_on_other_parties_as_before(self) -> None:
        world, grant = paying(TWICE)
        begins_to_act(world, HOST, STRANGER, FINANCE, APPROVER)
        assert ended(world, grant) == ()
        world.run(InstructInstalment(grant=grant, instalment=1, reference="OW-1"), OTHERS[FINANCE])

    def test_decided_on_what_was_paid_to_them_by_a_former_payee_no_more(self) -> None:
        """The collective named another payee since; the host's people may decide on its money, but nothing that was approved
        for the host counts for the new payee."""
        world, grant = paying(TWICE, host=True)
        world.run(SetGrantPayee(grant=grant, kind="recipient", **PAYEE), ARTIST)
        joins(world, FINANCE, host=True)
        assert ended(world, grant) == ()

    def test_is_invited_first(self) -> None:
        """An invitation alone ends nothing, so that nobody can undo approvals by inviting people."""
        world, grant = paying(TWICE)
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=FINANCE), ARTIST)
        assert ended(world, grant) == ()
        outcome = world.run(JoinOrganisation(organisation=COLLECTIVE), FINANCE)
        assert set(outcome.facts) == {COLLECTIVE, FINANCE, grant}
        assert outcome.initiatives == {grant: INITIATIVE}


def judging(*jurors: str, blindness: Blindness = "double", quorum: int = 1) -> tuple[World, dict[str, str]]:
    """A closed round with an eligible application of the collective ("ours") and a rival's ("theirs"), each with a submitted
    review by some jurors."""
    world = calling(quorum=quorum, blindness=blindness)
    begins_to_act(world, COLLECTIVE, ARTIST)
    rival = msgspec.structs.replace(APPLY, applicant=None)
    applications = {
        "ours": world.run(APPLY, ARTIST).answers,
        "theirs": world.run(rival, OTHER_ARTIST).answers,
    }
    for application in applications.values():
        world.run(FindApplicationEligible(application=application), OFFICER)
    world.given(ROUND, closed(*sorted(applications.values())))
    for application in applications.values():
        for juror in jurors:
            writes(world, application, juror)
    return world, applications


def writes(world: World, application: str, juror: str) -> str:
    """A juror is asked for a review and submits it."""
    review = world.run(AssignReview(application=application, juror=juror), OFFICER, AFTER).answers
    world.run(DeclareNoConflict(review=review), juror, AFTER)
    world.run(SubmitReview(review=review, scores={"art": 8, "need": 3}), juror, AFTER)
    return review


def reviews_by(world: World, juror: str) -> dict[str, Review]:
    """The reviews of a juror, by application."""
    found = (world.state(REVIEW, each) for each in world.streams if each.startswith("review-"))
    return {review.application: review for review in found if review.juror == juror}


class TestAJurorWhoSubmittedReviewsAndThenActsForAnApplicant:
    @pytest.mark.parametrize("blindness", ["open", "double"])
    @pytest.mark.parametrize("left", [False, True])
    def test_has_judged_neither_it_nor_its_rivals(self, left: bool, blindness: Blindness) -> None:
        """The panel opens once others have written the reviews; the mean counts only these."""
        world, applications = judging(JUROR, blindness=blindness)
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        if left:
            leaves(world, COLLECTIVE, JUROR)
        written = reviews_by(world, JUROR)
        assert {each: review.status for each, review in written.items()} == dict.fromkeys(
            applications.values(), ReviewStatus.RECUSED
        )
        assert world.turned_down(OpenPanel(round=ROUND), OFFICER, AFTER) == (
            Refused,
            (
                "2 eligible applications do not have enough reviews. Ask other jurors; where nobody is left to ask, the chair "
                "can lower the quorum."
            ),
        )
        for application in applications.values():
            writes(world, application, SECOND_JUROR)
        panel = world.run(OpenPanel(round=ROUND), OFFICER, AFTER).answers
        assert [place.reviews for place in world.state(PANELS, panel).ranking] == [1, 1]

    def test_says_which_conflict_it_is(self) -> None:
        world, applications = judging(JUROR)
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        reasons = {
            fact.application: (fact.reason, fact.after_submitting)
            for stream in world.streams
            for fact in world.facts(stream)
            if isinstance(fact, ReviewConflictDeclared)
        }
        assert reasons == {
            applications["ours"]: ("collaboration", True),
            applications["theirs"]: ("rivalry", True),
        }

    def test_can_be_replaced(self) -> None:
        world, applications = judging(JUROR)
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        recused = next(
            each
            for each in world.streams
            if each.startswith("review-") and world.state(REVIEW, each).application == applications["ours"]
        )
        world.run(ReplaceReview(review=recused, juror=SECOND_JUROR), OFFICER, AFTER)
        assert world.state(REVIEW, recused).status is ReviewStatus.REPLACED

    def test_leaves_a_ranking_that_was_fixed_before(self) -> None:
        world, _ = judging(JUROR)
        panel = world.run(OpenPanel(round=ROUND), OFFICER, AFTER).answers
        ranking = world.state(PANELS, panel).ranking
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        assert world.state(PANELS, panel).ranking == ranking
        assert {each.status for each in reviews_by(world, JUROR).values()} == {ReviewStatus.SUBMITTED}

    def test_judges_other_rounds_as_before(self) -> None:
        world, _ = judging(JUROR)
        begins_to_act(world, HOST, STRANGER, JUROR)
        assert {each.status for each in reviews_by(world, JUROR).values()} == {ReviewStatus.SUBMITTED}


def decided(chair: str, *, close: bool = False) -> tuple[World, str, dict[str, str]]:
    """A panel in which a chair declined both applications, and closed it or not; two chairs more could have."""
    world, applications = judging(JUROR)
    for other in (STRANGER, FUNDER):
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=other, roles=(Role.CHAIR,)))
    panel = world.run(OpenPanel(round=ROUND), OFFICER, AFTER).answers
    for application in applications.values():
        world.run(decline(panel, application), chair, AFTER)
    if close:
        world.run(ClosePanel(panel=panel), chair, AFTER)
    return world, panel, applications


def decline(panel: str, application: str) -> SetPanelOutcome:
    """Decline an application."""
    return SetPanelOutcome(panel=panel, application=application, outcome="decline", reason="not_selected")


class TestAChairWhoDecidedAndThenActsForAnApplicant:
    @pytest.mark.parametrize("close", [False, True])
    def test_has_set_no_outcome_and_closed_nothing(self, close: bool) -> None:
        world, panel, applications = decided(CHAIR, close=close)
        begins_to_act(world, COLLECTIVE, ARTIST, CHAIR)
        state = world.state(PANELS, panel)
        assert (state.status, state.chair, state.decisions) == (PanelStatus.OPENED, None, ())
        assert world.turned_down(ClosePanel(panel=panel), FUNDER, AFTER) == (
            Refused,
            "2 applications have no outcome yet.",
        )
        for application in applications.values():
            world.run(decline(panel, application), FUNDER, AFTER)
        world.run(ClosePanel(panel=panel), FUNDER, AFTER)
        world.run(ConfirmPanel(panel=panel), OFFICER, AFTER)

    def test_leaves_the_outcomes_that_others_set(self) -> None:
        world, panel, applications = decided(CHAIR)
        world.run(decline(panel, applications["ours"]), FUNDER, AFTER)
        begins_to_act(world, COLLECTIVE, ARTIST, CHAIR)
        assert {each: outcome.decider for each, outcome in world.state(PANELS, panel).outcomes().items()} == {
            applications["ours"]: FUNDER
        }

    def test_leaves_a_confirmed_panel(self) -> None:
        world, panel, _ = decided(CHAIR, close=True)
        world.run(ConfirmPanel(panel=panel), OFFICER, AFTER)
        begins_to_act(world, COLLECTIVE, ARTIST, CHAIR)
        assert world.state(PANELS, panel).status is PanelStatus.CONFIRMED

    def test_opens_a_panel_again_that_they_only_closed(self) -> None:
        world, panel, _ = decided(FUNDER)
        world.run(ClosePanel(panel=panel), CHAIR, AFTER)
        begins_to_act(world, COLLECTIVE, ARTIST, CHAIR)
        assert world.state(PANELS, panel).status is PanelStatus.OPENED
        assert len(world.state(PANELS, panel).decisions) == 2


def test_people_who_decided_on_nothing_end_nothing() -> None:
    world, grant = paying(TWICE)
    joins(world, OTHER_ARTIST)
    assert ended(world, grant) == ()
