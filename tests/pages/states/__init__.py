"""Calls, applications, panels and grants in every state that a page can show, made by commands, and the list of all
those pages. For pictures of them (`tests.pages.screenshots`) and for `test_axe`."""

from __future__ import annotations

from tests.pages.conftest import Stage
from tests.pages.states.acting import opened, with_mistakes, wrong_key
from tests.pages.states.bodies import AWARD
from tests.pages.states.judged import after_the_deadline
from tests.pages.states.making import EveryState, View
from tests.pages.states.open_calls import before_the_deadline, for_everybody

__all__ = ["AWARD", "EveryState", "View", "every_state", "opened", "with_mistakes", "wrong_key"]


def every_state(stage: Stage) -> EveryState:
    """Bring everything about, and list the pages that show it."""
    states = EveryState(stage)
    before_the_deadline(states)
    after_the_deadline(states)
    for_everybody(states)
    stage.running.caught_up()
    return states


# What is done on a page before it is looked at
