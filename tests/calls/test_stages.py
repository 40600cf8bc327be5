"""Stages: a call has one or several, and a blind one comes before the open ones."""

import msgspec

from domain.calls import CallDrafted
from domain.commands.calls import DraftCall
from domain.refusals import Invalid
from domain.stages import Blindness, Stage
from tests.calls.test_calls import changed, funded
from tests.scene import OFFICER, stage


def titled(name: str, blindness: Blindness = "double", title: str = "Stage") -> Stage:
    return msgspec.structs.replace(stage(blindness=blindness), id=name, title={"en": title})


def test_a_call_has_several_stages_each_with_a_title() -> None:
    stages = (titled("letter", title=" Letter "), titled("project", "open", "Project"))
    (facts,) = funded().run(changed(stages=stages), OFFICER).facts.values()
    (fact,) = facts
    assert isinstance(fact, CallDrafted)
    assert fact.stages == (titled("letter", title="Letter"), titled("project", "open", "Project"))


def test_stages_are_told_apart_by_their_titles_and_ids() -> None:
    twice = changed(stages=(titled("letter"), msgspec.structs.replace(titled("letter"), title={})))
    assert funded().turned_down(twice, OFFICER) == (
        Invalid,
        {
            "stages[1].title": "Write this text in at least one language.",
            "stages[1].id": "The id letter is used twice.",
        },
    )


def test_a_blind_stage_does_not_follow_an_open_one() -> None:
    def refused(*blindness: Blindness) -> set[str]:
        stages = tuple(titled(f"stage_{number}", each) for number, each in enumerate(blindness))
        kind, errors = funded().turned_down(changed(stages=stages), OFFICER)
        assert kind is Invalid
        assert isinstance(errors, dict)
        return set(errors)

    assert refused("open", "double") == {"stages[1].blindness"}
    assert refused("double", "open", "single") == {"stages[2].blindness"}
    assert isinstance(changed(stages=(titled("a"), titled("b", "single"), titled("c", "open"))), DraftCall)
    assert funded().run(changed(stages=(titled("a"), titled("b", "single"), titled("c", "open"))), OFFICER)
