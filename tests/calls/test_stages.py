"""Stages: a call has one or several, and a blind one comes before the open ones."""

import msgspec

from domain.calls.facts import CallDrafted
from domain.commands.call_drafts import DraftCall
from domain.refusals import Invalid
from domain.stages import Blindness, Stage
from tests.calls.test_calls import changed, funded
from tests.scene import OFFICER, as_drafted, stage


def titled(name: str, blindness: Blindness = "double", title: str = "Stage") -> Stage:
    return msgspec.structs.replace(stage(blindness=blindness), id=name, title={"en": title})


def test_a_call_has_several_stages_each_with_a_title() -> None:
    stages = (titled("letter", title=" Letter "), titled("project", "open", "Project"))
    (facts,) = funded().run(changed(stages=tuple(map(as_drafted, stages))), OFFICER).facts.values()
    (fact,) = facts
    assert isinstance(fact, CallDrafted)
    assert fact.stages == (titled("letter", title="Letter"), titled("project", "open", "Project"))


def test_stages_are_told_apart_by_their_titles_and_ids() -> None:
    twice = changed(
        stages=(as_drafted(titled("letter")), as_drafted(msgspec.structs.replace(titled("letter"), title={})))
    )
    assert funded().turned_down(twice, OFFICER) == (
        Invalid,
        {
            "stages[1].title": "Write this text in at least one language.",
            "stages[1].id": "The id letter is used twice.",
        },
    )


def test_a_blind_stage_does_not_follow_an_open_one() -> None:
    def refused(*blindness: Blindness) -> set[str]:
        stages = tuple(as_drafted(titled(f"stage_{number}", each)) for number, each in enumerate(blindness))
        kind, errors = funded().turned_down(changed(stages=tuple(map(as_drafted, stages))), OFFICER)
        assert kind is Invalid
        assert isinstance(errors, dict)
        return set(errors)

    assert refused("open", "double") == {"stages[1].blindness"}
    assert refused("double", "open", "single") == {"stages[2].blindness"}
    sound = tuple(map(as_drafted, (titled("a"), titled("b", "single"), titled("c", "open"))))
    assert funded().run(changed(stages=sound), OFFICER).facts


def test_a_stage_asks_for_three_reviews_and_in_a_rolling_call_for_two_unless_it_says_otherwise() -> None:
    unsaid = (msgspec.structs.replace(as_drafted(stage()), quorum=None),)

    def quorum(command: DraftCall) -> int:
        (facts,) = funded().run(command, OFFICER).facts.values()
        (fact,) = facts
        assert isinstance(fact, CallDrafted)
        return fact.stages[0].quorum

    assert quorum(changed(stages=unsaid)) == 3
    assert quorum(changed(stages=unsaid, intake="rolling", decide_within_days=14)) == 2
    assert (
        quorum(changed(stages=(as_drafted(stage(quorum=5)),), intake="rolling", decide_within_days=14)) == 5
    )
