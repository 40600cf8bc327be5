"""Applications: submitted whole to an open round."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.applications.facts import (
    ApplicationFoundIneligible,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from domain.commands.applications.examining import FindApplicationEligible, FindApplicationIneligible
from domain.commands.applications.submitting import SubmitApplication
from domain.deciding import Fact, Outcome
from domain.forms import Answer, BudgetLine
from domain.initiatives.facts import MemberRemoved
from domain.personal import personal_fields
from domain.persons.facts import PersonHandleGiven
from domain.readings import reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.stages import Blindness
from domain.values import SYSTEM
from tests.driving import World
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CLOSES,
    FINANCE,
    GRACE,
    INITIATIVE,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    ROUND,
    calling,
    closed,
    dossier_opened,
    euros,
    has_read,
    numbered,
    receive,
    submitted,
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
