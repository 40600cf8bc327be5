"""What staff see of a call with two stages: rivals of the second stage stay hidden in the decided first one, and a conflict of
interest that was declared in the first still counts in the second."""

from __future__ import annotations

import pytest

from domain.forms import Criterion, Form, Question, Rubric
from domain.refusals import Forbidden
from domain.stages import StageDraft
from projections import applications, panels, reviews, timeline
from tests.history.conftest import NOON
from tests.projections.conftest import DEADLINE, Season, eur
from tests.projections.test_rivals import with_a_second_officer

pytestmark = pytest.mark.anyio

LATER = DEADLINE.replace(month=4)
HIDDEN = (
    "You or your organisation applied to this call, or you helped to write an application, and it is invited to a later stage, so others are not shown to you "
    "before that is decided."
)


def stage(name: str) -> StageDraft:
    """A stage with one question and one review."""
    return StageDraft(
        id=name,
        title={"en": name.capitalize()},
        form=Form(questions=(Question(id="idea", kind="long_text", label={"en": "Idea"}),)),
        rubric=Rubric(criteria=(Criterion(id="art", label={"en": "Art"}),)),
        quorum=1,
        blindness="double",
    )


async def first_stage_decided(season: Season) -> str:
    """Two artists and an officer applied in the first of two stages. The third juror declared a conflict with
    application 1. All are invited to the second stage, which is open, and nobody has continued. Gives the officer's
    application."""
    await with_a_second_officer(season)
    call = season.things["call"] = await season.run(
        "call.draft",
        season.officer,
        fund=season.fund,
        title={"en": "Call in two stages"},
        summary={"en": "Work in exile"},
        stages=(stage("outline"), stage("project")),
        budget=eur("5000.00"),
        minimum_award=eur("100.00"),
        maximum_award=eur("3000.00"),
    )
    await season.run("call.publish", season.officer, call=call)
    season.office.now = NOON
    season.things["round"] = await season.run(
        "round.open", season.officer, call=call, closes_at=DEADLINE.replace(tzinfo=None)
    )
    await apply_outline(season)
    own = season.things["own"] = await submitted(season, season.second_officer, "Own Title")
    await season.close()
    await season.run("application.find_eligible", season.officer, application=own)
    conflicted = await season.run(
        "review.assign", season.officer, application=season.application1, juror=season.third_juror
    )
    await season.run("review.declare_conflict", season.third_juror, review=conflicted, reason="friendship")
    for application in (season.application1, season.application2, own):
        await judged(season, application)
    panel = season.things["panel"] = await season.run("panel.open", season.officer, round=season.round)
    for application in (season.application1, season.application2, own):
        await season.run(
            "panel.set_outcome", season.chair, panel=panel, application=application, outcome="invite"
        )
    await season.run("panel.close", season.chair, panel=panel)
    await season.run("panel.confirm", season.officer, panel=panel)
    await season.run("panel.announce", season.officer, panel=panel)
    season.things["second_round"] = await season.run(
        "round.open", season.officer, call=call, closes_at=LATER.replace(tzinfo=None)
    )
    return own


async def submitted(season: Season, actor: str, title: str) -> str:
    """An application to the first stage."""
    return await season.run(
        "application.submit",
        actor,
        call=season.call,
        round=season.round,
        title=title,
        requested=eur("500.00"),
        answers={"idea": "An idea"},
    )


async def apply_outline(season: Season) -> None:
    """Both artists apply in the first stage."""
    for number in (1, 2):
        artist = season.people[f"artist{number}"]
        season.things[f"application{number}"] = await submitted(season, artist, f"Rival {number}")


async def judged(season: Season, application: str) -> None:
    """The juror reviews an application."""
    review = await season.run("review.assign", season.officer, application=application, juror=season.juror)
    await season.run("review.declare_no_conflict", season.juror, review=review)
    await season.run("review.submit", season.juror, review=review, scores={"art": 7})


async def test_rivals_of_the_second_stage_stay_hidden_in_the_first(season: Season) -> None:
    """From the invitation on, also before one has answered the next form, until the own application has ended."""
    own = await first_stage_decided(season)
    season.project()
    reader, viewer = season.reader, season.second_officer

    for question in (
        applications.one(reader, viewer, season.application1),
        reviews.of_application(reader, viewer, season.application1),
        timeline.of_application(reader, viewer, season.application1),
    ):
        with pytest.raises(Forbidden) as refused:
            await question
        assert str(refused.value.detail) == HIDDEN
    with pytest.raises(Forbidden):
        await panels.ranking(reader, viewer, season.round)
    listed = await applications.of_call(reader, viewer, season.call)
    assert [each.id for each in listed.items] == [own]
    told = await timeline.of_call(reader, viewer, season.call)
    shown = repr(told)
    assert season.application1 not in shown
    assert "Rival" not in shown

    # An artist continues; the officer, who has not, is not shown the list of the second round either.
    await season.run(
        "application.continue",
        season.artist1,
        application=season.application1,
        title="Rival 1, the project",
        requested=eur("500.00"),
        answers={"idea": "The whole idea"},
    )
    season.project()
    listed = await applications.of_call(reader, viewer, season.call)
    assert [each.id for each in listed.items] == [own]
    listed = await applications.of_call(reader, viewer, season.call, round=season.second_round)
    assert listed.items == ()

    await season.run("application.withdraw", viewer, application=own, reason="other")
    season.project()
    listed = await applications.of_call(reader, viewer, season.call)
    assert len(listed.items) == 3
    assert (await panels.ranking(reader, viewer, season.round)).places.items


async def test_a_conflict_of_the_first_stage_counts_in_the_second(season: Season) -> None:
    """By every query, for a juror who is named an officer later, too."""
    await first_stage_decided(season)
    for application in (season.application1, season.application2):
        await season.run(
            "application.continue",
            season.artist1 if application == season.application1 else season.artist2,
            application=application,
            title="The project",
            requested=eur("500.00"),
            answers={"idea": "The whole idea"},
        )
    await season.run(
        "initiative.add_member",
        season.administrator,
        initiative=season.initiative,
        person=season.third_juror,
        roles=("officer",),
    )
    season.project()
    reader, viewer = season.reader, season.third_juror
    for question in (
        applications.one(reader, viewer, season.application1),
        reviews.of_application(reader, viewer, season.application1),
    ):
        with pytest.raises(Forbidden, match="You declared a conflict of interest with this application"):
            await question
    listed = await applications.of_call(reader, viewer, season.call)
    titles = {each.id: each.title for each in listed.items}
    assert titles[season.application1] is None
    assert titles[season.application2] == "The project"
