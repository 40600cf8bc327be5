"""Versions: a stage gets a new form or new criteria; what was answered or scored before keeps its own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domain.applications.facts import ApplicationChanged
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.calls.facts import CallFormChanged, CallRubricChanged
from domain.calls.state import CALL as CALLS
from domain.commands.applications.submitting import ChangeApplication
from domain.commands.calls import ChangeCallForm, ChangeCallRubric
from domain.commands.panels import OpenPanel
from domain.commands.reviews import SubmitReview
from domain.forms import (
    Answer,
    Choice,
    Criterion,
    Form,
    GroupedKind,
    GroupedQuestion,
    Question,
    QuestionKind,
    Rubric,
)
from domain.indexes import rounds_of
from domain.panels.facts import PanelOpened
from domain.refusals import Forbidden, Invalid, Refused
from domain.reviews.facts import ReviewSubmitted
from tests.applications.test_applications import COMMAND
from tests.scene import (
    AFTER,
    APPLICATION,
    ARTIST,
    CALL,
    FINANCE,
    FORM,
    JUROR,
    OFFICER,
    REVIEW,
    ROUND,
    RUBRIC,
    SECOND_JUROR,
    STAGE,
    calling,
    cleared,
    euros,
    judged,
    numbered,
    put_to_panel,
    receive,
    review,
    reviewing,
)


def question(name: str, kind: QuestionKind = "text", *choices: str, label: str = "?") -> Question:
    options = tuple(Choice(id=choice, label={"en": choice}) for choice in choices)
    return Question(id=name, kind=kind, label={"en": label}, choices=options)


def grouped(name: str, kind: GroupedKind, *choices: str) -> GroupedQuestion:
    options = tuple(Choice(id=choice, label={"en": choice}) for choice in choices)
    return GroupedQuestion(id=name, kind=kind, label={"en": "?"}, choices=options)


def group(*questions: GroupedQuestion) -> Question:
    return Question(id="works", kind="group", label={"en": "?"}, questions=questions)


def form(*questions: Question) -> ChangeCallForm:
    return ChangeCallForm(call=CALL, stage=STAGE, form=Form(questions=questions))


def rubric(*names: str) -> ChangeCallRubric:
    criteria = tuple(Criterion(id=name, label={"en": name}, scale=10) for name in names)
    return ChangeCallRubric(call=CALL, stage=STAGE, rubric=Rubric(criteria=criteria))


SHORT = form(msgspec.structs.replace(FORM.questions[0], max_words=9), question("links"))


class TestTheForm:
    def test_gets_a_new_version_by_the_staff(self) -> None:
        world = calling()
        outcome = world.run(SHORT, OFFICER)
        changed = msgspec.structs.replace(SHORT.form, version=2)
        assert outcome.facts == {CALL: (CallFormChanged(call=CALL, stage=STAGE, form=changed),)}
        call = world.state(CALLS, CALL)
        assert (call.stage(STAGE).form, call.form(STAGE, 1), call.form(STAGE, 2)) == (changed, FORM, changed)
        assert world.turned_down(SHORT, FINANCE)[0] is Forbidden

    def test_applications_keep_the_version_that_they_answered(self) -> None:
        world = calling()
        receive(world, APPLICATION, ARTIST)
        world.run(SHORT, OFFICER)
        kept: dict[str, Any] = {"title": "Work", "requested": euros("500.00")}
        answers = {"work": "A song about snow", "home": "Nowhere"}
        (fact,) = world.run(
            ChangeApplication(application=APPLICATION, answers=answers, **kept), ARTIST
        ).facts[APPLICATION]
        assert isinstance(fact, ApplicationChanged)
        assert fact.form_version == 1
        newer = ChangeApplication(application=APPLICATION, answers=answers | {"links": "?"}, **kept)
        assert world.turned_down(newer, ARTIST) == (
            Invalid,
            {"answers.links": "The form has no such question."},
        )

    def test_who_applies_later_answers_the_new_one(self) -> None:
        world = calling()
        world.run(SHORT, OFFICER)
        answered = msgspec.structs.replace(
            COMMAND, answers={"work": "One two three four five six", "links": "None"}
        )
        application = world.run(answered, ARTIST).answers
        assert world.state(APPLICATIONS, application).form_version == 2
        assert world.turned_down(COMMAND, ARTIST)[0] is Invalid

    def test_a_question_that_stays_keeps_its_kind_also_after_it_was_left_out(self) -> None:
        world = calling()
        other_kind = form(question("work", "yes_no"))
        refused = (
            Invalid,
            {
                "form.questions[0].kind": (
                    "The id work belongs to a question of another kind; give the new question its own id."
                )
            },
        )
        assert world.turned_down(other_kind, OFFICER) == refused
        world.run(form(question("links")), OFFICER)
        assert world.turned_down(other_kind, OFFICER) == refused
        assert world.run(form(question("work", "long_text")), OFFICER).facts

    def test_answers_keep_their_meaning_when_options_change_their_order(self) -> None:
        world = calling()
        world.run(form(question("art", "choices", "music", "books", "film")), OFFICER)
        answers: dict[str, Answer] = {"art": ("film", "music")}
        application = world.run(msgspec.structs.replace(COMMAND, answers=answers), ARTIST).answers
        world.run(form(question("art", "choices", "film", "books", "music")), OFFICER)
        state = world.state(APPLICATIONS, application)
        answered = world.state(CALLS, CALL).form(state.stage, state.form_version)
        assert [choice.id for choice in answered.questions[0].choices] == ["music", "books", "film"]

    def test_a_question_in_a_group_keeps_its_kind_and_a_removed_option_stays_away(self) -> None:
        world = calling()
        world.run(form(group(grouped("year", "number"), grouped("art", "choice", "music", "books"))), OFFICER)
        world.run(form(group(grouped("art", "choice", "music"))), OFFICER)
        changed = form(group(grouped("year", "text"), grouped("art", "choice", "books")))
        assert world.turned_down(changed, OFFICER) == (
            Invalid,
            {
                "form.questions[0].questions[0].kind": (
                    "The id year belongs to a question of another kind; give the new question its own id."
                ),
                "form.questions[0].questions[1].choices": (
                    "The option books was removed before; give the new one its own id."
                ),
            },
        )

    def test_options_change_their_order_and_one_that_was_removed_does_not_come_back(self) -> None:
        world = calling()
        world.run(form(question("art", "choice", "film", "books", "music")), OFFICER)
        world.run(form(question("art", "choice", "music", "books", "film")), OFFICER)
        world.run(form(question("art", "choice", "music", "dance", "film")), OFFICER)
        assert world.turned_down(form(question("art", "choice", "music", "books")), OFFICER) == (
            Invalid,
            {
                "form.questions[0].choices": (
                    "The option books was removed before; give the new one its own id."
                )
            },
        )

    def test_is_checked_like_the_first(self) -> None:
        assert calling().turned_down(form(), OFFICER) == (
            Invalid,
            {"form.questions": "A form has from 1 to 60 questions; this has 0."},
        )

    def test_must_differ_and_belong_to_a_stage(self) -> None:
        same = ChangeCallForm(call=CALL, stage=STAGE, form=FORM)
        assert calling().turned_down(same, OFFICER) == (Refused, "The form is the same as before.")
        elsewhere = ChangeCallForm(call=CALL, stage="other", form=FORM)
        assert calling().turned_down(elsewhere, OFFICER) == (
            Invalid,
            {"stage": "The call has no such stage."},
        )

    def test_stays_once_the_round_has_closed(self) -> None:
        world = reviewing()
        world.indexes[rounds_of(CALL)] = {ROUND}
        assert world.turned_down(SHORT, OFFICER) == (
            Refused,
            "This stage no longer takes applications, so its form stays as it is.",
        )


class TestTheCriteria:
    def test_reviews_keep_those_by_which_they_were_written_and_are_scored_by_them(self) -> None:
        """8 of 10 and 3 of 5, weighted 2 to 1, are 11/15; 5 of 10 by the new criteria is 1/2."""
        world = reviewing(quorum=1)
        review(world, REVIEW, APPLICATION, JUROR, cleared(), judged())
        second = numbered("review", 2)
        review(world, second, APPLICATION, SECOND_JUROR, cleared(SECOND_JUROR, review=second))
        outcome = world.run(rubric("courage"), OFFICER)
        changed = msgspec.structs.replace(rubric("courage").rubric, version=2)
        assert outcome.facts == {CALL: (CallRubricChanged(call=CALL, stage=STAGE, rubric=changed),)}
        (fact,) = world.run(SubmitReview(review=second, scores={"courage": 5}), SECOND_JUROR, AFTER).facts[
            second
        ]
        assert isinstance(fact, ReviewSubmitted)
        assert fact.rubric_version == 2
        facts = world.run(OpenPanel(round=ROUND), OFFICER, AFTER).facts
        (opened,) = (fact for each in facts.values() for fact in each if isinstance(fact, PanelOpened))
        assert [place.score for place in opened.ranking] == ["37/60"]

    def test_stay_once_the_panel_is_open(self) -> None:
        world = reviewing()
        world.given(ROUND, put_to_panel())
        world.indexes[rounds_of(CALL)] = {ROUND}
        assert world.turned_down(rubric("courage"), OFFICER) == (
            Refused,
            "The panel of this stage is already open, so its criteria stay as they are.",
        )

    @pytest.mark.parametrize("who", [FINANCE, JUROR])
    def test_are_the_staff_s_to_change(self, who: str) -> None:
        world = calling()
        assert world.turned_down(rubric("courage"), who)[0] is Forbidden
        same = ChangeCallRubric(call=CALL, stage=STAGE, rubric=RUBRIC)
        assert world.turned_down(same, OFFICER) == (Refused, "The criteria are the same as before.")
