"""A panel in its tests: a round that is ready for it, and a panel that is open."""

from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, SetPanelOutcome
from domain.deciding import Fact
from domain.panels.facts import MoreReason, RankingPlace
from domain.stages import Blindness
from tests.driving import World
from tests.panel_scene import panel_opened
from tests.scene import (
    APPLICATION,
    ARTIST,
    JUROR,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    PANEL,
    ROUND,
    SECOND_JUROR,
    STRANGER,
    THIRD_JUROR,
    calling,
    cleared,
    closed,
    euros,
    found_eligible,
    judged,
    numbered,
    put_to_panel,
    receive,
    review,
)

OPEN = OpenPanel(round=ROUND)
LACKING = (
    "{count} eligible applications do not have enough reviews. Ask other jurors; where nobody is left to ask, the chair can "
    "lower the quorum."
)
ONE_LACKING = (
    "1 eligible application does not have enough reviews. Ask another juror; if nobody is left to ask, the chair can lower "
    "the quorum."
)
CLOSE = ClosePanel(panel=PANEL)
CONFIRM = ConfirmPanel(panel=PANEL)
THIRD = numbered("application", 3)
APPLICANTS = {APPLICATION: ARTIST, OTHER_APPLICATION: OTHER_ARTIST, THIRD: STRANGER}


def received(**points: tuple[int, ...]) -> World:
    """A closed round that needs two reviews of each application; `first`, `second` and `third` say with how many
    points for art (and none judged for need) each was reviewed."""
    world = calling()
    names = {"first": APPLICATION, "second": OTHER_APPLICATION, "third": THIRD}
    number = 0
    for name, given in points.items():
        receive(world, names[name], APPLICANTS[names[name]], found_eligible(names[name]))
        for juror, art in zip((JUROR, SECOND_JUROR, THIRD_JUROR), given, strict=False):
            number += 1
            new = numbered("review", number)
            written = judged(juror, art=art, need=None, review=new, application=names[name])
            review(world, new, names[name], juror, cleared(juror, review=new), written)
    world.given(ROUND, closed(*(names[name] for name in points)))
    return world


def place(
    application: str, rank: int, score: str | None = "4/5", reviews: int = 2, on_few_criteria: int = 2
) -> RankingPlace:
    """A place; in this rubric of two criteria, whoever judged one of them judged few."""
    return RankingPlace(
        application=application, rank=rank, score=score, reviews=reviews, on_few_criteria=on_few_criteria
    )


def in_panel(*facts: Fact, budget: int = 100_000, blindness: Blindness = "double") -> World:
    """A round of two applications in panel, and then…"""
    world = calling(budget=budget, blindness=blindness)
    receive(world, APPLICATION, ARTIST, found_eligible())
    receive(world, OTHER_APPLICATION, OTHER_ARTIST, found_eligible(OTHER_APPLICATION))
    world.given(ROUND, closed(APPLICATION, OTHER_APPLICATION), put_to_panel())
    world.given(PANEL, panel_opened(place(APPLICATION, 1), place(OTHER_APPLICATION, 2)), *facts)
    return world


def award(
    amount: str, application: str = APPLICATION, *, more_because: MoreReason | None = None
) -> SetPanelOutcome:
    """An award; the applications ask for 500.00 EUR."""
    return SetPanelOutcome(
        panel=PANEL,
        application=application,
        outcome="award",
        reason="quality",
        amount=euros(amount),
        more_because=more_because,
    )


def wait(rank: int | None, amount: str | None = "500.00", application: str = APPLICATION) -> SetPanelOutcome:
    return SetPanelOutcome(
        panel=PANEL,
        application=application,
        outcome="waitlist",
        rank=rank,
        amount=None if amount is None else euros(amount),
    )


DECLINE = SetPanelOutcome(panel=PANEL, application=APPLICATION, outcome="decline", reason="not_selected")
