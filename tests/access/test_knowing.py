"""What the right person may do still after they have read something of the round: one row for each command, one column
for each kind of knowledge. Every other command asks nobody what they have read."""

from __future__ import annotations

import functools
from typing import Final

import pytest

from domain.initiatives.facts import MemberAdded
from domain.persons.facts import PersonHandleGiven
from domain.readings import ReadingKind, ReadingRecorded, reading_of
from domain.rounds.facts import RoundOpened
from domain.stages import Blindness
from domain.values import Role
from tests.access.moments import NEWCOMER, Moment, fork
from tests.access.walk import moments
from tests.scene import ARTIST, CHAIR, INITIATIVE, JUROR, OFFICER, THIRD_JUROR

walked = functools.cache(moments)

COLUMNS: Final[dict[str, tuple[ReadingKind, bool] | None]] = {
    "nothing": None,
    "applicants": ("applicants", False),
    "answers": ("answers", False),
    "times": ("times", False),
    "its scores": ("scores", True),
    "all scores": ("scores", False),
    "it as its juror": ("judged", True),
    "the ranking as its chair": ("judged", False),
}
"""What was read; of scores, and of what one judges, whether of the walk's application alone."""

TOLD: Final = {
    "k": "This call is blind, and you have seen who applied, what they wrote or when. So you cannot judge or decide in it.",
    "C": "This person cannot be asked to judge this application; ask another juror.",
    "s": "You have seen others' scores of this application, so you cannot review it.",
    "S": "This person has seen others' scores of this application, so they cannot judge it.",
    "a": "You have read applications of this round, so you cannot apply in it.",
    "+": "",
}
"""The letters: what somebody is told who is refused; a plus allows."""

ROWS: Final = {
    # command: (who acts, whose knowledge counts, in a blind call, in an open call)
    "application.submit": (NEWCOMER, NEWCOMER, "++a+++aa", "++a+++aa"),
    "application.withdraw": (ARTIST, ARTIST, "++++++++", "++++++++"),
    "application.find_eligible": (OFFICER, OFFICER, "++++++++", "++++++++"),
    "review.assign": (OFFICER, THIRD_JUROR, "+CCCCC++", "++++SS++"),
    "review.replace": (OFFICER, THIRD_JUROR, "+CCCCC++", "++++SS++"),
    "review.declare_no_conflict": (JUROR, JUROR, "+kkk++++", "++++++++"),
    "review.declare_conflict": (JUROR, JUROR, "++++++++", "++++++++"),
    "review.submit": (JUROR, JUROR, "+kkkss++", "++++ss++"),
    "application.lower_quorum": (CHAIR, CHAIR, "+kkk++++", "++++++++"),
    "panel.open": (OFFICER, OFFICER, "++++++++", "++++++++"),
    "panel.set_outcome": (CHAIR, CHAIR, "+kkk++++", "++++++++"),
    "panel.close": (CHAIR, CHAIR, "+kkk++++", "++++++++"),
    "panel.return": (OFFICER, OFFICER, "++++++++", "++++++++"),
    "panel.confirm": (OFFICER, OFFICER, "++++++++", "++++++++"),
    "panel.plan_announcement": (OFFICER, OFFICER, "++++++++", "++++++++"),
    "panel.cancel_announcement": (OFFICER, OFFICER, "++++++++", "++++++++"),
    "panel.announce": (OFFICER, OFFICER, "++++++++", "++++++++"),
}


def knowing(moment: Moment, person: str, what: tuple[ReadingKind, bool] | None, application: str) -> Moment:
    """The moment, when somebody has read this and, as whoever reads, has a handle in the call."""
    world = fork(moment.world)
    round, call = _round_and_call(moment)
    known = world.facts(person)
    world.given(person, *(fact for fact in _handle(person, call) if fact not in known))
    if what is not None:
        kind, one = what
        world.given(
            reading_of(person, round),
            ReadingRecorded(
                reading=reading_of(person, round),
                viewer=person,
                initiative=INITIATIVE,
                call=call,
                round=round,
                kind=kind,
                application=application if one else None,
            ),
        )
    return Moment(world, moment.command, moment.now)


def _handle(person: str, call: str) -> tuple[PersonHandleGiven, ...]:
    return (PersonHandleGiven(person=person, scope=call, handle="k7m2p9qrst"),)


def _round_and_call(moment: Moment) -> tuple[str, str]:
    (opened,) = (
        fact for facts in moment.world.streams.values() for fact in facts if isinstance(fact, RoundOpened)
    )
    return opened.round, opened.call


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("blindness", ["double", "single", "open"])
def test_knowledge_stops_what_the_table_says_and_nothing_else(row: str, blindness: Blindness) -> None:
    who, knows, blind, open_ = ROWS[row]
    moment = _unread(walked(blindness)[row], knows)
    application = walked(blindness)["application.find_eligible"].command.application  # type: ignore[attr-defined]
    found = [knowing(moment, knows, what, application).tried(who) for what in COLUMNS.values()]
    written = [TOLD[letter] for letter in (open_ if blindness == "open" else blind)]
    assert ["" if isinstance(answer, Role) else answer for answer in found] == written


def _unread(moment: Moment, person: str) -> Moment:
    """The moment without what somebody read of the round, as the officer did by examining."""
    world = fork(moment.world)
    world.streams.pop(reading_of(person, _round_and_call(moment)[0]), None)
    return Moment(world, moment.command, moment.now)


@pytest.mark.parametrize("row", ["panel.set_outcome", "panel.close"])
@pytest.mark.parametrize("blindness", ["double", "single", "open"])
def test_the_chair_of_a_blind_round_is_no_officer(row: str, blindness: Blindness) -> None:
    """Though they have read nothing; and whoever was an officer and read something is no fit chair afterwards."""
    both = MemberAdded(initiative=INITIATIVE, person=NEWCOMER, roles=(Role.CHAIR, Role.OFFICER))
    chair = MemberAdded(initiative=INITIATIVE, person=NEWCOMER, roles=(Role.CHAIR,))
    moment = walked(blindness)[row]
    if blindness == "open":
        assert moment.tried(NEWCOMER, both) is Role.CHAIR
    else:
        assert moment.tried(NEWCOMER, both) == (
            "In a blind call officers do not decide; a chair who is not an officer does."
        )
    assert moment.tried(NEWCOMER, both, chair) is Role.CHAIR
    read = knowing(moment, NEWCOMER, ("answers", False), "")
    assert read.tried(NEWCOMER, both, chair) == (Role.CHAIR if blindness == "open" else TOLD["k"])
