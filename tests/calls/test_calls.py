"""Calls: written by the staff against a fund, then published with a form and a rubric that stay as they are."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from domain.calls.facts import CallPublished
from domain.calls.rules import instant
from domain.commands.call_drafts import DraftCall, PublishCall
from domain.deciding import Outcome
from domain.eligibility import EligibilityQuestion
from domain.forms import Choice, Criterion, Form, Question, Rubric
from domain.funds import FundOpened
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from tests.driving import World
from tests.scene import (
    CALL,
    FINANCE,
    FUND,
    INITIATIVE,
    OFFICER,
    STRANGER,
    as_drafted,
    drafted,
    euros,
    numbered,
    peopled,
    stage,
)

COMMAND = DraftCall(
    fund=FUND,
    title={"en": " Invented Call "},
    summary={"en": "For invented work."},
    stages=(as_drafted(stage()),),
    budget=euros("1000.00"),
    minimum_award=euros("100"),
    maximum_award=euros("800.00"),
    time_zone="Europe/Berlin",
    grace_minutes=15,
)


def eligibility(**fields: Any) -> EligibilityQuestion:
    question = EligibilityQuestion(
        id="exile",
        label={"en": "Do you live in exile?"},
        refusal={"en": "This call is for people in exile."},
    )
    return msgspec.structs.replace(question, **fields)


def funded() -> World:
    world = peopled()
    opened = FundOpened(fund=FUND, initiative=INITIATIVE, name="Fund", currency="EUR", basis="received")
    world.given(FUND, opened)
    return world


def staged(**fields: Any) -> dict[str, Any]:
    """The fields of a call whose only stage is changed."""
    return {"stages": (msgspec.structs.replace(as_drafted(stage()), **fields),)}


def changed(**fields: Any) -> DraftCall:
    return msgspec.structs.replace(COMMAND, **fields)


class TestWhenTheFundIsOpen:
    def test_staff_write_a_call(self) -> None:
        outcome = funded().run(COMMAND, OFFICER)
        call = outcome.answers
        written = msgspec.structs.replace(drafted(), call=call)
        assert outcome == Outcome(facts={call: (written,)}, answers=call)

    def test_others_do_not(self) -> None:
        assert funded().turned_down(COMMAND, FINANCE) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )
        assert funded().turned_down(COMMAND, STRANGER)[0] is NotFound

    def test_there_must_be_such_a_fund(self) -> None:
        assert funded().turned_down(changed(fund=numbered("fund", 9)), OFFICER) == (
            NotFound,
            "Not found, or you have no access.",
        )

    @pytest.mark.parametrize(
        ("fields", "errors"),
        [
            (staged(quorum=0), {"stages[0].quorum": "Write a whole number from 1 to 20; this is 0."}),
            (
                {"grace_minutes": 1441},
                {"grace_minutes": "Write a whole number from 0 to 1440; this is 1441."},
            ),
            (
                {"time_zone": "Berlin"},
                {"time_zone": "Write the time zone by region and city, such as Europe/Berlin."},
            ),
            (
                {"time_zone": "../etc/passwd"},
                {"time_zone": "Write the time zone by region and city, such as Europe/Berlin."},
            ),
            (
                {"time_zone": "Europe"},
                {"time_zone": "Write the time zone by region and city, such as Europe/Berlin."},
            ),
            (
                {"time_zone": "A\x00B"},
                {"time_zone": "Write the time zone by region and city, such as Europe/Berlin."},
            ),
            ({"title": {}}, {"title": "Write this text in at least one language."}),
            ({"title": {"English": "x"}}, {"title": "Write the language as its code, such as en or ru."}),
            ({"summary": {"en": " "}}, {"summary.en": "This cannot be left empty."}),
            ({"budget": euros("0.00")}, {"budget.amount": "The amount must be at least 0.01 EUR."}),
            (
                {"budget": msgspec.structs.replace(euros("1"), currency="GBP")},
                {"minimum_award.currency": "The amount must be in GBP."},
            ),
            (
                {"minimum_award": euros("800.01")},
                {"minimum_award.amount": "The minimum award is above the maximum."},
            ),
            (
                {"maximum_award": euros("1000.01")},
                {"maximum_award.amount": "The maximum award is above the call's budget."},
            ),
            (
                staged(rubric=Rubric(criteria=())),
                {"stages[0].rubric.criteria": "A rubric has from 1 to 20 criteria; this has 0."},
            ),
            (
                staged(rubric=Rubric(criteria=(Criterion(id="art", label={"en": "Art"}, scale=0),))),
                {"stages[0].rubric.criteria[0].scale": "Write a whole number from 1 to 100; this is 0."},
            ),
            (
                staged(rubric=Rubric(criteria=(Criterion(id="art", label={"en": "Art"}, weight=101),))),
                {"stages[0].rubric.criteria[0].weight": "Write a whole number from 1 to 100; this is 101."},
            ),
            ({"stages": ()}, {"stages": "A call has from 1 to 5 stages; this has 0."}),
            (
                {"stages": (as_drafted(stage()),) * 6},
                {"stages": "A call has from 1 to 5 stages; this has 6."},
            ),
            (
                staged(id="Main"),
                {
                    "stages[0].id": "An id is 1 to 40 lower-case letters, digits or underscores, beginning with a letter."
                },
            ),
            (
                {"eligibility": (eligibility(id="exile"), eligibility(id="exile", refusal={}))},
                {
                    "eligibility[1].refusal": "Write this text in at least one language.",
                },
            ),
            (
                {"eligibility": (eligibility(), eligibility())},
                {"eligibility[1].id": "The id exile is used twice."},
            ),
            (
                {"eligibility": (eligibility(),) * 21},
                {"eligibility": "A call has at most 20 eligibility questions; this has 21."},
            ),
            (
                staged(form=Form(questions=())),
                {"stages[0].form.questions": "A form has from 1 to 60 questions; this has 0."},
            ),
        ],
    )
    def test_what_cannot_be_a_call_is_told_by_field(
        self, fields: dict[str, Any], errors: dict[str, str]
    ) -> None:
        assert funded().turned_down(changed(**fields), OFFICER) == (Invalid, errors)

    def test_every_wrong_question_is_told(self) -> None:
        label = {"en": "?"}
        form = Form(
            questions=(
                Question(id="Work", kind="text", label=label),
                Question(id="work", kind="yes_no", label=label, max_words=3),
                Question(id="words", kind="text", label=label, max_words=0),
                Question(id="words", kind="text", label=label),
                Question(id="pick", kind="choice", label=label),
                Question(id="date", kind="date", label=label, choices=(Choice(id="a", label=label),)),
                Question(id="twice", kind="choice", label=label, choices=(Choice(id="a", label=label),) * 2),
                Question(id="blank", kind="text", label={"en": ""}),
            )
        )
        assert funded().turned_down(changed(**staged(form=form)), OFFICER) == (
            Invalid,
            {
                "stages[0].form.questions[0].id": "An id is 1 to 40 lower-case letters, digits or underscores, beginning with a letter.",
                "stages[0].form.questions[1].max_words": "Only a text can have a limit of words.",
                "stages[0].form.questions[2].max_words": "Write a whole number from 1 to 10000; this is 0.",
                "stages[0].form.questions[3].id": "The id words is used twice.",
                "stages[0].form.questions[4].choices": "A choice has at least one option; other kinds of question have none.",
                "stages[0].form.questions[5].choices": "A choice has at least one option; other kinds of question have none.",
                "stages[0].form.questions[6].choices[1].id": "The id a is used twice.",
                "stages[0].form.questions[7].label.en": "This cannot be left empty.",
            },
        )

    def test_the_fund_pays_in_its_own_currency_only(self) -> None:
        pounds = {
            name: msgspec.structs.replace(getattr(COMMAND, name), currency="GBP")
            for name in ("budget", "minimum_award", "maximum_award")
        }
        assert funded().turned_down(changed(**pounds), OFFICER) == (
            Invalid,
            {"budget.currency": "The call's fund is in EUR, so the call must be too."},
        )


class TestWhenTheCallIsDrafted:
    def test_staff_publish_it(self) -> None:
        world = peopled()
        world.given(CALL, drafted())
        assert world.run(PublishCall(call=CALL), OFFICER) == Outcome(
            facts={CALL: (CallPublished(call=CALL),)}, answers=CALL
        )

    def test_others_do_not(self) -> None:
        world = peopled()
        world.given(CALL, drafted())
        assert world.turned_down(PublishCall(call=CALL), FINANCE)[0] is Forbidden


class TestWhenTheCallIsPublished:
    def test_it_is_not_published_twice(self) -> None:
        world = peopled()
        world.given(CALL, drafted(), CallPublished(call=CALL))
        assert world.turned_down(PublishCall(call=CALL), OFFICER) == (
            Refused,
            "This call is already published.",
        )


class TestAMomentOnTheClocksOfAZone:
    def test_follows_summer_time(self) -> None:
        winter = instant(datetime(2026, 3, 1, 12, 0), "Europe/Berlin", "closes_at")  # noqa: DTZ001 as clocks show it
        summer = instant(datetime(2026, 4, 1, 12, 0), "Europe/Berlin", "closes_at")  # noqa: DTZ001 as clocks show it
        assert (winter, summer) == (
            datetime(2026, 3, 1, 11, 0, tzinfo=UTC),
            datetime(2026, 4, 1, 10, 0, tzinfo=UTC),
        )

    def test_counts_the_later_of_two_in_autumn(self) -> None:
        assert instant(datetime(2026, 10, 25, 2, 30), "Europe/Berlin", "closes_at") == datetime(  # noqa: DTZ001
            2026, 10, 25, 1, 30, tzinfo=UTC
        )

    @pytest.mark.parametrize(
        ("local", "detail"),
        [
            (
                "2026-03-29T02:30",
                (
                    "This time does not exist in Europe/Berlin, because the clocks are put forward then; "
                    "choose another one."
                ),
            ),
            (
                "2026-03-29T12:30+02:00",
                "Write the local time in the call's time zone, without an offset.",
            ),
            ("9999-12-31T23:59", "Choose a year from 2000 to 2200; this is 9999."),
            ("0001-01-01T00:00", "Choose a year from 2000 to 2200; this is 1."),
        ],
    )
    def test_is_refused_where_there_is_none(self, local: str, detail: str) -> None:
        with pytest.raises(Invalid) as refusal:
            instant(datetime.fromisoformat(local), "Europe/Berlin", "closes_at")
        assert {error.field: str(error.detail) for error in refusal.value.errors} == {"closes_at": detail}
