"""Applications: submitted whole to an open round, examined by the staff, withdrawn by the applicant alone."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationDeclined,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
)
from domain.applications.rules import award, decline, waitlist
from domain.applications.state import Application, ApplicationStatus
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible, FindApplicationIneligible
from domain.commands.applications.submitting import SubmitApplication
from domain.deciding import Command, Fact, Outcome
from domain.forms import Answer, BudgetLine
from domain.initiatives import MemberAdded, MemberRemoved
from domain.personal import personal_fields
from domain.persons import PersonHandleGiven
from domain.readings import reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.stages import Blindness
from domain.values import SYSTEM, Role
from tests.driving import World
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CLOSES,
    FINANCE,
    GRACE,
    INITIATIVE,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    PANEL,
    REVIEW,
    ROUND,
    STRANGER,
    calling,
    closed,
    conflict_declared,
    decided,
    dossier_of,
    dossier_opened,
    euros,
    found_eligible,
    found_ineligible,
    has_read,
    numbered,
    panel_opened,
    put_to_panel,
    receive,
    review,
    submitted,
    withdrawn,
)

ANSWERS: dict[str, Answer] = {
    "work": " A song about snow ",
    "budget": (BudgetLine(item="Studio", amount="500"),),
}
HAS_READ = "You have read applications of this round, so you cannot apply in it."
COMMAND = SubmitApplication(
    call=CALL, round=ROUND, title=" Invented Work ", requested=euros("500.00"), answers=ANSWERS
)


def changed(**fields: Any) -> SubmitApplication:
    return msgspec.structs.replace(COMMAND, **fields)


def acted(who: str) -> Fact:
    """The handle that the command runner gives with somebody's first act in the call."""
    return PersonHandleGiven(person=who, scope=CALL, handle="abcdefghjk")


def with_application(*facts: Fact) -> World:
    world = calling()
    receive(world, APPLICATION, ARTIST, *facts)
    return world


class TestWhenTheRoundIsOpen:
    def test_an_artist_submits_the_whole_form(self) -> None:
        outcome = calling().run(COMMAND, ARTIST)
        application = outcome.answers
        (dossier,) = outcome.subjects
        assert outcome == Outcome(
            facts={
                dossier: (msgspec.structs.replace(dossier_opened(application), dossier=dossier),),
                application: (msgspec.structs.replace(submitted(application), dossier=dossier),),
            },
            answers=application,
            subjects=(dossier,),
        )

    def test_the_minutes_of_grace_are_granted(self) -> None:
        calling().run(COMMAND, ARTIST, CLOSES + GRACE - timedelta(microseconds=1))
        assert calling().turned_down(COMMAND, ARTIST, CLOSES + GRACE) == (
            Refused,
            "The deadline was 2026-03-31 21:59 UTC; applications are no longer accepted.",
        )

    def test_the_program_does_not_apply(self) -> None:
        assert calling().turned_down(COMMAND, SYSTEM) == (Forbidden, "Sign in to apply.")

    @pytest.mark.parametrize(
        "finding",
        [
            FindApplicationEligible(application=APPLICATION),
            FindApplicationIneligible(application=APPLICATION, reason="outside_scope"),
        ],
    )
    def test_nobody_applies_who_examined_others_in_it(
        self, finding: FindApplicationEligible | FindApplicationIneligible
    ) -> None:
        """Neither as an officer nor once they are none any more; in another round they do, and other staff in this."""
        world = with_application()
        world.run(finding, OFFICER)
        world.given(OFFICER, acted(OFFICER))
        world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=OFFICER))
        assert world.turned_down(COMMAND, OFFICER) == (Forbidden, HAS_READ)
        next_round = world.given(numbered("round", 2), *world.facts(ROUND))
        world.run(changed(round=next_round), OFFICER)
        world.given(FINANCE, acted(FINANCE))
        world.run(COMMAND, FINANCE)

    @pytest.mark.parametrize("blindness", ["open", "single", "double"])
    def test_nobody_applies_who_read_what_others_wrote_in_it(self, blindness: Blindness) -> None:
        """Whether or not they examined. Who only saw who applied, or what was scored, competes with no advantage."""
        world = calling(blindness=blindness)
        world.given(OFFICER, acted(OFFICER))
        world.given(reading_of(OFFICER, ROUND), *has_read(OFFICER, "answers"))
        world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=OFFICER))
        assert world.turned_down(COMMAND, OFFICER) == (Forbidden, HAS_READ)
        world.given(FINANCE, acted(FINANCE))
        world.given(reading_of(FINANCE, ROUND), *has_read(FINANCE, "applicants"))
        world.run(COMMAND, FINANCE)

    def test_that_an_examiner_has_read_is_recorded_once(self) -> None:
        """So that findings about many applications, made at the same time, do not stand in each other's way."""
        world = with_application()
        receive(world, OTHER_APPLICATION, OTHER_ARTIST)
        world.run(FindApplicationEligible(application=APPLICATION), OFFICER)
        for application in (APPLICATION, OTHER_APPLICATION):
            again = world.run(
                FindApplicationIneligible(application=application, reason="outside_scope"), OFFICER
            )
            assert set(again.facts) == {application}

    def test_the_round_must_be_one_of_the_call(self) -> None:
        world = calling()
        other = numbered("call", 2)
        world.given(other, *world.facts(CALL))
        assert world.turned_down(changed(call=other), ARTIST) == (
            NotFound,
            "This call has no such round.",
        )

    def test_all_that_is_wrong_is_told_at_once(self) -> None:
        command = changed(
            title="",
            requested=euros("0"),
            answers={"work": "six words are one too many", "home": True, "colour": "red", "Ж" * 50: "?"},
        )
        assert calling().turned_down(command, ARTIST) == (
            Invalid,
            {
                "title": "This cannot be left empty.",
                "requested.amount": "The amount must be at least 0.01 EUR.",
                "answers.colour": "The form has no such question.",
                "answers.?": "The form has no such question.",
                "answers.work": "At most 5 words; this has 6.",
                "answers.home": "The answer must be a text.",
            },
        )

    def test_a_budget_is_not_held_against_a_sum_that_cannot_be_read(self) -> None:
        """There is one mistake, and none is made up beside it."""
        budget = (BudgetLine(item="Studio", amount="500.00"),)
        command = changed(requested=euros("500,00"), answers={**ANSWERS, "budget": budget})
        assert calling().turned_down(command, ARTIST) == (
            Invalid,
            {"requested.amount": "Write an amount as a plain number, such as 1250.00."},
        )

    @pytest.mark.parametrize(
        ("lines", "errors"),
        [
            (
                (BudgetLine(item="Studio", amount="499.99"),),
                {"answers.budget": "The lines add up to 499.99 EUR, but you ask for 500.00 EUR."},
            ),
            (
                (BudgetLine(item="", amount="500.00"),),
                {"answers.budget[0].item": "This cannot be left empty."},
            ),
            (
                (BudgetLine(item="Studio", amount="500.00"), BudgetLine(item="Air", amount="-1")),
                {"answers.budget[1].amount": "Write an amount as a plain number, such as 1250.00."},
            ),
            (
                (BudgetLine(item="Air", amount="0"),) * 201,
                {"answers.budget": "A budget has at most 200 lines; this has 201."},
            ),
        ],
    )
    def test_a_budget_adds_up_to_the_sum_asked_for(
        self, lines: tuple[BudgetLine, ...], errors: dict[str, str]
    ) -> None:
        assert calling().turned_down(changed(answers={**ANSWERS, "budget": lines}), ARTIST) == (
            Invalid,
            errors,
        )

    @pytest.mark.parametrize(
        ("amount", "detail"),
        [
            ("100000000000000000000", "An amount can be at most 10000000000000.00 EUR."),
            ("9" * 5000, "An amount can be at most 10000000000000.00 EUR."),
            (
                "10000000000000.01",
                "An amount can be at most 10000000000000.00 EUR.",
            ),
            ("0.005", "An amount in EUR has at most 2 decimals; this has 3."),
            ("", "Write an amount, such as 1250.00."),
            *(
                (text, "Write an amount as a plain number, such as 1250.00.")
                for text in ("-5", "+5", "1,5", "1e3", "05", ".5", "5.", "٥", "NaN", "5 ")
            ),
        ],
    )
    def test_an_amount_is_a_plain_decimal_number(self, amount: str, detail: str) -> None:
        assert calling().turned_down(changed(requested=euros(amount), answers={"work": "x"}), ARTIST) == (
            Invalid,
            {"requested.amount": detail},
        )

    @pytest.mark.parametrize(
        ("title", "detail"),
        [
            (
                "a\x00b",
                "Character 2 is the control character U+0000, which cannot be stored; delete it, or type that part again.",
            ),
            ("a" * 201, "At most 200 characters; this has 201."),
        ],
    )
    def test_a_title_is_a_text_that_can_be_stored(self, title: str, detail: str) -> None:
        assert calling().turned_down(changed(title=title), ARTIST) == (Invalid, {"title": detail})

    def test_all_that_the_artist_writes_is_sealed(self) -> None:
        assert personal_fields(ApplicationSubmitted) == {"title": "dossier", "answers": "dossier"}
        assert personal_fields(ApplicationWithdrawn) == {"explanation": "dossier"}
        assert personal_fields(ApplicationFoundIneligible) == {"explanation": "dossier"}


class TestWhenTheRoundIsClosed:
    def test_nothing_is_submitted_any_more(self) -> None:
        world = calling()
        world.given(ROUND, closed())
        assert world.turned_down(COMMAND, ARTIST, CLOSES + GRACE) == (
            Refused,
            "The deadline was 2026-03-31 21:59 UTC; applications are no longer accepted.",
        )


class TestWhenTheApplicationIsSubmitted:
    def test_the_applicant_withdraws_it(self) -> None:
        command = WithdrawApplication(application=APPLICATION, reason="safety", explanation="  ")
        assert with_application().run(command, ARTIST) == Outcome(
            facts={APPLICATION: (withdrawn(),)}, answers=APPLICATION
        )

    @pytest.mark.parametrize("actor", [OFFICER, OTHER_ARTIST, SYSTEM])
    def test_nobody_else_does(self, actor: str) -> None:
        command = WithdrawApplication(application=APPLICATION, reason="safety")
        assert with_application().turned_down(command, actor) == (
            NotFound,
            "Not found, or you have no access.",
        )

    def test_staff_find_it_eligible(self) -> None:
        assert with_application().run(FindApplicationEligible(application=APPLICATION), OFFICER) == Outcome(
            facts={
                APPLICATION: (ApplicationFoundEligible(application=APPLICATION, round=ROUND),),
                reading_of(OFFICER, ROUND): has_read(OFFICER, "applicants", "answers"),
            },
            answers=APPLICATION,
        )

    def test_staff_find_it_ineligible_with_the_reason(self) -> None:
        command = FindApplicationIneligible(
            application=APPLICATION, reason="incomplete", explanation=" No budget. "
        )
        found = ApplicationFoundIneligible(
            application=APPLICATION,
            round=ROUND,
            dossier=dossier_of(APPLICATION),
            reason="incomplete",
            explanation="No budget.",
        )
        assert with_application().run(command, OFFICER) == Outcome(
            facts={
                APPLICATION: (found,),
                reading_of(OFFICER, ROUND): has_read(OFFICER, "applicants", "answers"),
            },
            answers=APPLICATION,
        )

    def test_only_staff_examine_it_and_never_their_own(self) -> None:
        own = with_application()
        own.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.OFFICER,)))
        for command in (
            FindApplicationEligible(application=APPLICATION),
            FindApplicationIneligible(application=APPLICATION, reason="other"),
        ):
            world = with_application()
            assert world.turned_down(command, FINANCE) == (
                Forbidden,
                "In this initiative, only people with this role can do this: officer.",
            )
            assert world.turned_down(command, STRANGER)[0] is NotFound
            assert own.turned_down(command, ARTIST) == (
                Forbidden,
                "This is your own application, so somebody else must do this.",
            )


class TestWhenTheApplicationIsEligible:
    def test_the_finding_can_be_turned_until_a_juror_is_assigned(self) -> None:
        command = FindApplicationIneligible(application=APPLICATION, reason="outside_scope")
        world = with_application(found_eligible())
        world.run(command, OFFICER)
        assert world.facts(APPLICATION)[-1] == found_ineligible()
        assigned = with_application(found_eligible())
        review(assigned, REVIEW, APPLICATION, JUROR)
        assert assigned.turned_down(command, OFFICER) == (
            Refused,
            "Jurors are already assigned to this application, so the panel decides on it.",
        )

    @pytest.mark.parametrize(
        "command",
        [
            FindApplicationEligible(application=APPLICATION),
            FindApplicationIneligible(application=APPLICATION, reason="other"),
        ],
    )
    def test_nobody_examines_it_who_declared_a_conflict_with_it(self, command: Command) -> None:
        world = with_application(found_eligible())
        review(world, REVIEW, APPLICATION, OFFICER, conflict_declared(OFFICER))
        assert world.turned_down(command, OFFICER) == (
            Forbidden,
            "You declared a conflict of interest with this application.",
        )

    def test_it_is_not_found_eligible_twice(self) -> None:
        world = with_application(found_eligible())
        assert world.turned_down(FindApplicationEligible(application=APPLICATION), OFFICER) == (
            Refused,
            "Only an application that waits to be examined, or was found ineligible, can be found eligible; this one is eligible.",
        )

    def test_a_confirmed_panel_gives_it_its_outcome(self) -> None:
        eligible = Application(status=ApplicationStatus.ELIGIBLE, currency="EUR")
        assert award(APPLICATION, eligible, panel=PANEL, amount=60_000, reason="quality") == (
            ApplicationAwarded(
                application=APPLICATION, panel=PANEL, amount=60_000, currency="EUR", reason="quality"
            ),
        )
        assert waitlist(APPLICATION, eligible, panel=PANEL, rank=2) == (
            ApplicationWaitlisted(application=APPLICATION, panel=PANEL, rank=2),
        )
        assert decline(APPLICATION, eligible, panel=PANEL, reason="budget_exhausted") == (
            ApplicationDeclined(application=APPLICATION, panel=PANEL, reason="budget_exhausted"),
        )


class TestWhenTheApplicationIsIneligible:
    def test_the_finding_can_be_turned_until_the_round_goes_to_its_panel(self) -> None:
        command = FindApplicationEligible(application=APPLICATION)
        world = with_application(found_ineligible())
        world.run(command, OFFICER)
        assert world.facts(APPLICATION)[-1] == found_eligible()
        for facts in ((put_to_panel(),), (put_to_panel(), decided())):
            late = with_application(found_ineligible())
            late.given(ROUND, closed(), *facts)
            assert late.turned_down(command, OFFICER) == (
                Refused,
                "The panel of this round is already open, so no more applications can be found eligible.",
            )


class TestWhenTheApplicationIsWaitlisted:
    def test_the_applicant_still_withdraws_it(self) -> None:
        waiting = ApplicationWaitlisted(application=APPLICATION, panel=PANEL, rank=1)
        world = with_application(found_eligible(), waiting)
        world.given(PANEL, panel_opened())
        world.run(WithdrawApplication(application=APPLICATION, reason="safety"), ARTIST)
        assert world.facts(APPLICATION)[-1] == withdrawn()


AWARDED = ApplicationAwarded(application=APPLICATION, panel=PANEL, amount=1, currency="EUR", reason="quality")
DECLINED = ApplicationDeclined(application=APPLICATION, panel=PANEL, reason="other")


class TestWhenTheApplicationIsOutOrDecided:
    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            ((withdrawn(),), "withdrawn"),
            ((found_ineligible(),), "ineligible"),
            ((found_eligible(), AWARDED), "awarded"),
            ((found_eligible(), DECLINED), "declined"),
        ],
    )
    def test_it_is_not_withdrawn(self, facts: tuple[Fact, ...], status: str) -> None:
        command = WithdrawApplication(application=APPLICATION, reason="other")
        assert with_application(*facts).turned_down(command, ARTIST) == (
            Refused,
            f"Only an application that is under consideration or on the waiting list can be withdrawn; this one is {status}.",
        )

    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            ((withdrawn(),), "withdrawn"),
            ((found_ineligible(),), "ineligible"),
            ((found_eligible(), AWARDED), "awarded"),
        ],
    )
    def test_it_is_not_found_ineligible(self, facts: tuple[Fact, ...], status: str) -> None:
        command = FindApplicationIneligible(application=APPLICATION, reason="other")
        assert with_application(*facts).turned_down(command, OFFICER) == (
            Refused,
            f"Only a submitted or eligible application can be found ineligible; this one is {status}.",
        )

    @pytest.mark.parametrize(
        "status", [status for status in ApplicationStatus if status is not ApplicationStatus.ELIGIBLE]
    )
    def test_no_panel_decides_about_it(self, status: ApplicationStatus) -> None:
        refusal = f"^A panel decides only on eligible applications; this one is {status}\\.$"
        application = Application(status=status, currency="EUR")
        with pytest.raises(Refused, match=refusal):
            award(APPLICATION, application, panel=PANEL, amount=1, reason="quality")
        with pytest.raises(Refused, match=refusal):
            waitlist(APPLICATION, application, panel=PANEL, rank=1)
        with pytest.raises(Refused, match=refusal):
            decline(APPLICATION, application, panel=PANEL, reason="other")
