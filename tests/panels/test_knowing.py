"""Who may not decide for what they have read, and who may although they have."""

from __future__ import annotations

import pytest

from domain.commands.panels import ClosePanel, ConfirmPanel, SetPanelOutcome
from domain.deciding import Command
from domain.initiatives.facts import MemberAdded
from domain.readings import ReadingKind, reading_of
from domain.refusals import Forbidden
from domain.stages import Blindness
from domain.values import Role
from tests.driving import World
from tests.panel_scene import awarded, panel_closed, panel_opened
from tests.panels.scene import place
from tests.scene import (
    APPLICATION,
    CHAIR,
    INITIATIVE,
    OFFICER,
    PANEL,
    ROUND,
    STRANGER,
    has_read,
    put_to_panel,
    reviewing,
)

SET = SetPanelOutcome(panel=PANEL, application=APPLICATION, outcome="decline", reason="not_selected")
CLOSE = ClosePanel(panel=PANEL)
CONFIRM = ConfirmPanel(panel=PANEL)
KNOWS = "This call is blind, and you have seen who applied, what they wrote or when. So you cannot judge or decide in it."
BLIND: tuple[Blindness, ...] = ("single", "double")


def in_panel(blindness: Blindness) -> World:
    """A round of one application in panel, which was awarded."""
    world = reviewing(blindness=blindness)
    world.given(ROUND, put_to_panel())
    world.given(PANEL, panel_opened(place(APPLICATION, 1)), awarded(50_000))
    return world


def holding(world: World, who: str, *roles: Role) -> World:
    """Somebody is given these roles in place of those held before."""
    world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=who, roles=roles))
    return world


@pytest.mark.parametrize("command", [SET, CLOSE])
class TestTheChair:
    @pytest.mark.parametrize("kind", ["applicants", "answers", "times"])
    @pytest.mark.parametrize("blindness", BLIND)
    def test_who_knows_who_applied_decides_nothing_in_a_blind_call(
        self, blindness: Blindness, kind: ReadingKind, command: Command
    ) -> None:
        world = in_panel(blindness)
        world.given(reading_of(CHAIR, ROUND), *has_read(CHAIR, kind))
        assert world.turned_down(command, CHAIR) == (
            Forbidden,
            KNOWS,
        )

    @pytest.mark.parametrize("blindness", BLIND)
    def test_who_is_an_officer_decides_nothing_in_a_blind_call_though_they_have_read_nothing(
        self, blindness: Blindness, command: Command
    ) -> None:
        world = holding(in_panel(blindness), CHAIR, Role.CHAIR, Role.OFFICER)
        assert world.turned_down(command, CHAIR) == (
            Forbidden,
            "In a blind call officers do not decide; a chair who is not an officer does.",
        )

    def test_who_is_an_officer_and_has_read_all_decides_in_an_open_call(self, command: Command) -> None:
        world = holding(in_panel("open"), CHAIR, Role.CHAIR, Role.OFFICER)
        world.given(reading_of(CHAIR, ROUND), *has_read(CHAIR, "applicants", "answers", "scores"))
        assert world.run(command, CHAIR).facts

    @pytest.mark.parametrize("blindness", ["open", *BLIND])
    def test_decides_with_the_scores_in_mind(self, blindness: Blindness, command: Command) -> None:
        """That is what a panel is for."""
        world = in_panel(blindness)
        world.given(reading_of(CHAIR, ROUND), *has_read(CHAIR, "scores"))
        assert world.run(command, CHAIR).facts


def test_an_officer_who_has_read_everything_confirms_for_they_choose_nothing() -> None:
    """Staff know who applied, and another person than the chair has to look at the whole."""
    world = in_panel("double")
    world.given(PANEL, panel_closed())
    world.given(reading_of(OFFICER, ROUND), *has_read(OFFICER, "applicants", "answers", "scores"))
    assert world.run(CONFIRM, OFFICER).facts


def test_knowledge_stays_when_a_role_ends() -> None:
    world = holding(in_panel("double"), STRANGER, Role.OFFICER)
    world.given(reading_of(STRANGER, ROUND), *has_read(STRANGER, "applicants"))
    holding(world, STRANGER, Role.CHAIR)
    assert world.turned_down(SET, STRANGER)[0] is Forbidden
