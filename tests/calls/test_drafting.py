"""A call that is written part by part: nothing has to be complete before it is published."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from domain.calls.drafting import missing, untranslated
from domain.calls.facts import (
    CallDiscarded,
    CallDraftChanged,
    CallDrafted,
    CallFormPrepared,
    CallPublished,
    CallRubricPrepared,
    CallStagesChanged,
)
from domain.calls.state import CALL as CALLS
from domain.calls.state import Call
from domain.commands.call_drafts import (
    CallIntake,
    CallMoney,
    CallTexts,
    ChangeCallStages,
    ChangeDraft,
    CopyCall,
    DiscardCall,
    DraftCall,
    PublishCall,
)
from domain.commands.call_forms import ChangeCallForm, ChangeCallRubric, PrepareCallForm, PrepareCallRubric
from domain.deciding import Command
from domain.eligibility import EligibilityQuestion
from domain.forms import Criterion, Form, Question, Rubric, Section
from domain.funds import FundOpened
from domain.indexes import rounds_of
from domain.refusals import Invalid, NotFound, Refused
from domain.stages import StageOutline
from tests.driving import World
from tests.scene import (
    CALL,
    CLOSES,
    FINANCE,
    FORM,
    FUND,
    INITIATIVE,
    OFFICER,
    ROUND,
    RUBRIC,
    STAGE,
    closed,
    drafted,
    euros,
    numbered,
    opened,
    peopled,
    stage,
)

DOLLARS = numbered("fund", 2)
ELSEWHERE = numbered("fund", 3)


def funded() -> World:
    """An initiative with a fund in euros and one in dollars; another initiative has one, too."""
    world = peopled()
    for fund, initiative, currency in (
        (FUND, INITIATIVE, "EUR"),
        (DOLLARS, INITIATIVE, "USD"),
        (ELSEWHERE, numbered("initiative", 9), "EUR"),
    ):
        world.given(
            fund,
            FundOpened(fund=fund, initiative=initiative, name="Fund", currency=currency, basis="received"),
        )
    return world


def begun() -> World:
    """A draft of which there is only a title."""
    world = funded()
    command = DraftCall(fund=FUND, title={"en": "Invented Call", "ru": "Конкурс"})
    (facts,) = world.run(command, OFFICER).facts.values()
    (fact,) = facts
    assert isinstance(fact, CallDrafted)
    world.given(CALL, msgspec.structs.replace(fact, call=CALL))
    return world


def done(world: World, *commands: Command) -> World:
    """The world after an officer's commands."""
    for command in commands:
        world.run(command, OFFICER)
    return world


def state(world: World) -> Call:
    call: Call = world.state(CALLS, CALL)
    return call


def change(**parts: Any) -> ChangeDraft:
    return ChangeDraft(call=CALL, **parts)


TEXTS = CallTexts(title={"en": "Invented Call"}, summary={"en": "For invented work."})
MONEY = CallMoney(budget=euros("1000.00"), minimum_award=euros("100.00"), maximum_award=euros("800.00"))
ASKED = PrepareCallForm(call=CALL, stage=STAGE, form=FORM)
SCORED = PrepareCallRubric(call=CALL, stage=STAGE, rubric=RUBRIC)


class TestADraftWithATitleAlone:
    def test_has_one_stage_in_which_nothing_is_asked(self) -> None:
        (only,) = state(begun()).stages
        assert (only.id, only.form.questions, only.rubric.criteria, only.quorum) == (STAGE, (), (), 2)

    def test_lacks_everything_else(self) -> None:
        found = [(each.part, each.stage, str(each.sentence)) for each in missing(state(begun()))]
        assert found == [
            ("texts", None, "Describe the call in at least one language."),
            ("money", None, "Say how much the call can award in all."),
            ("money", None, "Say how much one award can be."),
            ("form", STAGE, "Ask at least one question in the form."),
            ("rubric", STAGE, "Write at least one criterion by which the jury scores."),
        ]

    def test_cannot_be_published(self) -> None:
        assert begun().turned_down(PublishCall(call=CALL), OFFICER) == (
            Refused,
            "Describe the call in at least one language.",
        )

    def test_is_published_once_all_parts_are_there(self) -> None:
        world = done(begun(), change(texts=TEXTS), change(money=MONEY), ASKED, SCORED)
        assert missing(state(world)) == ()
        assert world.run(PublishCall(call=CALL), OFFICER).facts == {CALL: (CallPublished(call=CALL),)}


class TestTranslations:
    def test_are_counted_by_language_and_do_not_prevent_publishing(self) -> None:
        two = CallTexts(title={"en": "Invented Call", "ru": "Конкурс"}, summary={"en": "For invented work."})
        world = done(begun(), change(texts=two), change(money=MONEY), ASKED, SCORED)
        assert untranslated(state(world)) == {"ru": 1}
        assert untranslated(state(world), state(world).stages[0]) == {"ru": 5}
        assert missing(state(world)) == ()


class TestADraftThatIsDiscarded:
    def test_is_neither_changed_nor_published_but_copied(self) -> None:
        world = begun()
        assert world.run(DiscardCall(call=CALL), OFFICER).facts == {CALL: (CallDiscarded(call=CALL),)}
        for command in (
            change(texts=TEXTS),
            ASKED,
            SCORED,
            PublishCall(call=CALL),
            DiscardCall(call=CALL),
            ChangeCallForm(call=CALL, stage=STAGE, form=FORM),
        ):
            assert world.turned_down(command, OFFICER) == (Refused, "This draft was discarded."), command
        assert copied(world).copied_from == CALL

    def test_was_not_published_before(self) -> None:
        assert published().turned_down(DiscardCall(call=CALL), OFFICER) == (
            Refused,
            "This call is already published.",
        )


class TestAPart:
    def test_replaces_itself_alone(self) -> None:
        world = done(begun(), change(texts=TEXTS))
        assert world.run(change(money=MONEY), OFFICER).facts[CALL] == (
            CallDraftChanged(
                call=CALL,
                fund=FUND,
                title={"en": "Invented Call"},
                summary={"en": "For invented work."},
                currency="EUR",
                budget=100_000,
                minimum_award=10_000,
                maximum_award=80_000,
                time_zone="UTC",
                grace_minutes=0,
                eligibility=(),
                applications_per_applicant="several",
                intake="deadline",
                decide_within_days=None,
                takes_until=None,
                fast_track_up_to=None,
            ),
        )

    def test_of_money_changes_the_currency_with_the_fund(self) -> None:
        in_dollars = CallMoney(budget=msgspec.structs.replace(euros("1000.00"), currency="USD"))
        world = done(begun(), change(fund=DOLLARS, money=in_dollars))
        assert (state(world).fund, state(world).currency, state(world).budget) == (DOLLARS, "USD", 100_000)

    @pytest.mark.parametrize(
        ("parts", "errors"),
        [
            ({"fund": DOLLARS}, {"fund": "This fund is in USD; write the amounts again."}),
            (
                {"money": msgspec.structs.replace(MONEY, minimum_award=euros("800.01"))},
                {"money.minimum_award.amount": "The minimum award is above the maximum."},
            ),
            (
                {"intake": CallIntake(time_zone="Berlin")},
                {"intake.time_zone": "Write the time zone by region and city, such as Europe/Berlin."},
            ),
            (
                {"intake": CallIntake(intake="rolling")},
                {"intake.decide_within_days": "Write within how many days an application is decided."},
            ),
            (
                {"texts": CallTexts(title={"en": ""})},
                {"texts.title.en": "This cannot be left empty."},
            ),
        ],
    )
    def test_that_is_wrong_is_named(self, parts: dict[str, Any], errors: dict[str, str]) -> None:
        assert begun().turned_down(change(**parts), OFFICER) == (Invalid, errors)

    def test_that_is_the_same_is_refused(self) -> None:
        world = done(begun(), change(texts=TEXTS))
        assert world.turned_down(change(texts=TEXTS), OFFICER)[0] is Refused

    def test_cannot_name_a_fund_of_another_initiative(self) -> None:
        assert begun().turned_down(change(fund=ELSEWHERE), OFFICER)[0] is NotFound

    def test_belongs_to_the_staff(self) -> None:
        with pytest.raises(Exception, match="officer"):
            begun().run(change(texts=TEXTS), FINANCE)

    def test_of_a_published_call_stays(self) -> None:
        world = done(begun(), change(texts=TEXTS), change(money=MONEY), ASKED, SCORED, PublishCall(call=CALL))
        asked = EligibilityQuestion(id="exile", label={"en": "?"}, refusal={"en": "No."})
        for command in (
            change(eligibility=(asked,)),
            ChangeCallStages(call=CALL, stages=(StageOutline(id=STAGE),)),
        ):
            assert world.turned_down(command, OFFICER) == (Refused, "This call is already published.")


class TestTheStages:
    def test_are_added_and_keep_what_they_ask(self) -> None:
        world = done(begun(), ASKED)
        outlines = (
            StageOutline(id="letter", title={"en": "Letter"}, deadline=datetime(2026, 5, 1, 18)),  # noqa: DTZ001 - local
            StageOutline(id=STAGE, quorum=2, blindness="single"),
        )
        (fact,) = world.run(ChangeCallStages(call=CALL, stages=outlines), OFFICER).facts[CALL]
        assert isinstance(fact, CallStagesChanged)
        letter, main = fact.stages
        assert (letter.form.questions, letter.deadline) == ((), "2026-05-01T18:00:00")
        assert main == msgspec.structs.replace(
            stage(quorum=2, blindness="single"), form=FORM, rubric=Rubric(criteria=())
        )
        assert "Give each stage a title, so that applicants can tell them apart." in [
            str(each.sentence) for each in missing(state(world))
        ]

    def test_of_a_rolling_call_are_one(self) -> None:
        world = done(begun(), change(intake=CallIntake(intake="rolling", decide_within_days=14)))
        two = (StageOutline(id="a", title={"en": "A"}), StageOutline(id="b", title={"en": "B"}))
        assert world.turned_down(ChangeCallStages(call=CALL, stages=two), OFFICER) == (
            Invalid,
            {"stages": "A rolling call has one stage."},
        )

    def test_blind_ones_do_not_follow_an_open_one(self) -> None:
        two = (StageOutline(id="a", blindness="open"), StageOutline(id="b"))
        kind, errors = begun().turned_down(ChangeCallStages(call=CALL, stages=two), OFFICER)
        assert (kind, list(errors)) == (Invalid, ["stages[1].blindness"])


class TestAFormInADraft:
    def test_may_change_its_meaning_because_nobody_answered_it(self) -> None:
        world = done(begun(), ASKED)
        other = Form(questions=(Question(id="work", kind="date", label={"en": "When?"}),))
        done(world, PrepareCallForm(call=CALL, stage=STAGE, form=other))
        assert state(world).forms[STAGE] == (other,)

    def test_may_be_empty_and_is_checked_otherwise(self) -> None:
        world = done(begun(), ASKED, PrepareCallForm(call=CALL, stage=STAGE, form=Form(questions=())))
        assert state(world).stages[0].form.questions == ()
        wrong = Form(questions=(Question(id="work", kind="choice", label={"en": "Which?"}),))
        assert world.turned_down(PrepareCallForm(call=CALL, stage=STAGE, form=wrong), OFFICER) == (
            Invalid,
            {
                "form.questions[0].choices": "A choice has at least one option; other kinds of question have none."
            },
        )

    def test_has_its_questions_in_the_order_of_its_sections(self) -> None:
        def asked(name: str, section: str | None) -> Question:
            return Question(id=name, kind="text", label={"en": "?"}, section=section)

        form = Form(
            questions=(asked("a", "two"), asked("b", None), asked("c", "one")),
            sections=(Section(id="one", title={"en": "One"}), Section(id="two", title={"en": "Two"})),
        )
        done_form = state(done(begun(), PrepareCallForm(call=CALL, stage=STAGE, form=form))).stages[0].form
        assert [each.id for each in done_form.questions] == ["b", "c", "a"]
        assert [(part and part.id, [each.id for each in asked]) for part, asked in done_form.parts] == [
            (None, ["b"]),
            ("one", ["c"]),
            ("two", ["a"]),
        ]

    def test_has_no_question_in_a_section_that_is_not_there(self) -> None:
        form = Form(questions=(Question(id="a", kind="text", label={"en": "?"}, section="gone"),))
        assert begun().turned_down(PrepareCallForm(call=CALL, stage=STAGE, form=form), OFFICER) == (
            Invalid,
            {"form.questions[0].section": "The form has no such section."},
        )


def published() -> World:
    """A published call whose round takes applications."""
    world = funded()
    world.given(CALL, drafted(), CallPublished(call=CALL))
    world.indexes.setdefault(rounds_of(CALL), set()).add(ROUND)
    world.given(ROUND, opened())
    return world


LONGER = msgspec.structs.replace(
    FORM, questions=(*FORM.questions, Question(id="more", kind="text", label={"en": "More?"}))
)


class TestThePreparationOfANewVersion:
    def test_leaves_the_form_as_it_is_until_it_is_published(self) -> None:
        world = done(published(), PrepareCallForm(call=CALL, stage=STAGE, form=LONGER))
        prepared = msgspec.structs.replace(LONGER, version=2)
        assert state(world).prepared_forms == {STAGE: prepared}
        assert state(world).stages[0].form == FORM
        done(world, ChangeCallForm(call=CALL, stage=STAGE, form=LONGER))
        assert (state(world).prepared_forms, state(world).stages[0].form) == ({}, prepared)

    def test_is_given_up_by_preparing_what_there_was(self) -> None:
        world = done(published(), PrepareCallForm(call=CALL, stage=STAGE, form=LONGER), ASKED)
        assert state(world).prepared_forms == {}
        assert world.turned_down(ASKED, OFFICER) == (Refused, "The form is the same as before.")

    def test_keeps_the_meaning_of_every_id(self) -> None:
        other = Form(questions=(Question(id="work", kind="date", label={"en": "When?"}),))
        kind, errors = published().turned_down(PrepareCallForm(call=CALL, stage=STAGE, form=other), OFFICER)
        assert (kind, list(errors)) == (Invalid, ["form.questions[0].kind"])

    def test_ends_with_the_intake(self) -> None:
        world = published()
        world.given(ROUND, closed())
        assert world.turned_down(PrepareCallForm(call=CALL, stage=STAGE, form=LONGER), OFFICER) == (
            Refused,
            "This stage no longer takes applications, so its form stays as it is.",
        )

    def test_of_the_criteria_is_the_same(self) -> None:
        guided = Rubric(
            criteria=(Criterion(id="art", label={"en": "Art"}, guidance={"en": " Look closely. "}),)
        )
        world = done(published(), PrepareCallRubric(call=CALL, stage=STAGE, rubric=guided))
        (prepared,) = state(world).prepared_rubrics.values()
        assert (prepared.version, prepared.criteria[0].guidance) == (2, {"en": "Look closely."})
        done(world, ChangeCallRubric(call=CALL, stage=STAGE, rubric=guided))
        assert (state(world).prepared_rubrics, state(world).stages[0].rubric) == ({}, prepared)

    def test_is_written_as_what_it_is(self) -> None:
        (fact,) = published().run(PrepareCallForm(call=CALL, stage=STAGE, form=LONGER), OFFICER).facts[CALL]
        assert fact == CallFormPrepared(
            call=CALL, stage=STAGE, form=msgspec.structs.replace(LONGER, version=2)
        )
        shorter = Rubric(criteria=RUBRIC.criteria[:1], version=2)
        (fact,) = (
            published().run(PrepareCallRubric(call=CALL, stage=STAGE, rubric=shorter), OFFICER).facts[CALL]
        )
        assert fact == CallRubricPrepared(call=CALL, stage=STAGE, rubric=shorter)


def copied(world: World, **fields: Any) -> CallDrafted:
    (facts,) = world.run(CopyCall(call=CALL, **fields), OFFICER).facts.values()
    (fact,) = facts
    assert isinstance(fact, CallDrafted)
    return fact


class TestACopy:
    def test_is_a_draft_of_the_same_call_without_dates(self) -> None:
        found = copied(done(published(), ChangeCallForm(call=CALL, stage=STAGE, form=LONGER)))
        assert found.call != CALL
        assert found == msgspec.structs.replace(
            drafted(),
            call=found.call,
            copied_from=CALL,
            stages=(msgspec.structs.replace(stage(), form=LONGER),),
        )

    def test_can_move_the_dates_by_a_year(self) -> None:
        assert datetime(2026, 3, 31, 21, 59, tzinfo=UTC) == CLOSES
        assert copied(published(), dates="next_year").stages[0].deadline == "2027-03-31T23:59:00"

    def test_leaves_amounts_in_another_currency_out(self) -> None:
        found = copied(published(), fund=DOLLARS)
        assert (found.currency, found.budget, found.minimum_award, found.maximum_award) == ("USD", 0, 0, 0)

    def test_is_not_paid_by_another_initiative(self) -> None:
        assert published().turned_down(CopyCall(call=CALL, fund=ELSEWHERE), OFFICER)[0] is NotFound
