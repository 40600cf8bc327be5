"""Somebody who helped to write an application is no applicant, and judges it as little as one."""

import pytest

from domain import access
from domain.applications.facts import ApplicationWrittenWith
from domain.applications.state import APPLICATION
from domain.commands.applications.acting import read_by
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.applications.helping import RecordWriter
from domain.commands.applications.submitting import ChangeApplication, SubmitApplication
from domain.commands.reviews import AssignReview
from domain.deciding import Allowed, Denied, Load, Loaded
from domain.initiatives.facts import MemberAdded
from domain.persons.state import Person
from domain.readings import Reading, reading_of
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import SYSTEM, Role
from tests.driving import World
from tests.scene import (
    AFTER,
    ARTIST,
    CALL,
    INITIATIVE,
    JUROR,
    OFFICER,
    ROUND,
    SECOND_JUROR,
    STRANGER,
    calling,
    closed,
    euros,
)

ANSWERS = {"work": "A song about snow"}
SUBMIT = SubmitApplication(
    call=CALL, round=ROUND, title="Invented Work", requested=euros("500.00"), answers=ANSWERS
)


def submitted(*writers: str) -> tuple[World, str]:
    """A world with an application in whose draft these people wrote."""
    world = calling()
    return world, world.run(SUBMIT, ARTIST, writers=writers).answers


def test_the_history_says_who_else_wrote_in_the_draft_once() -> None:
    world, application = submitted(JUROR, ARTIST)
    assert world.facts(application)[1:] == (
        ApplicationWrittenWith(application=application, call=CALL, writers=(JUROR,)),
    )
    change = ChangeApplication(
        application=application, title="Other", requested=euros("500.00"), answers=ANSWERS
    )
    world.run(change, ARTIST, writers={JUROR, STRANGER})
    assert world.facts(application)[-1] == ApplicationWrittenWith(
        application=application, call=CALL, writers=(STRANGER,)
    )
    assert world.state(APPLICATION, application).writers == {JUROR, STRANGER}


def test_without_help_there_is_no_such_fact() -> None:
    world, application = submitted()
    assert len(world.facts(application)) == 1


def test_who_helped_is_not_asked_to_judge_it_nor_its_rivals() -> None:
    world, application = submitted(JUROR)
    rival = world.run(SUBMIT, STRANGER).answers
    world.given(ROUND, closed(application, rival))
    for each in (application, rival):
        world.run(FindApplicationEligible(application=each), OFFICER, AFTER)
        with pytest.raises(Refused):
            world.run(AssignReview(application=each, juror=JUROR), OFFICER, AFTER)
        world.run(AssignReview(application=each, juror=SECOND_JUROR), OFFICER, AFTER)


def test_staff_who_helped_examine_nothing_in_the_round() -> None:
    world, application = submitted(OFFICER)
    rival = world.run(SUBMIT, STRANGER).answers
    world.given(ROUND, closed(application, rival))
    for each in (application, rival):
        with pytest.raises(Forbidden):
            world.run(FindApplicationEligible(application=each), OFFICER, AFTER)


def test_who_helps_to_change_what_was_received_is_known_before_the_changes_are_submitted() -> None:
    world, application = submitted()
    record = RecordWriter(application=application, person=STRANGER, owner=ARTIST)
    world.run(record, SYSTEM)
    told = ApplicationWrittenWith(application=application, call=CALL, writers=(STRANGER,))
    assert world.facts(application)[1:] == (told,)
    world.run(record, SYSTEM)
    assert world.facts(application)[1:] == (told,), "once"

    # The changes are never submitted, and the helper becomes a juror.
    world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=STRANGER, roles=(Role.JUROR,)))
    world.given(ROUND, closed(application))
    world.run(FindApplicationEligible(application=application), OFFICER, AFTER)
    with pytest.raises(Refused):
        world.run(AssignReview(application=application, juror=STRANGER), OFFICER, AFTER)


@pytest.mark.parametrize("person", [JUROR, OFFICER])
def test_who_could_judge_what_was_received_is_not_recorded_and_so_does_not_help(person: str) -> None:
    world, application = submitted()
    with pytest.raises(Forbidden):
        world.run(RecordWriter(application=application, person=person, owner=ARTIST), SYSTEM)


def test_nobody_is_recorded_once_the_owner_of_the_draft_does_not_act_for_the_applicant() -> None:
    world, application = submitted()
    with pytest.raises(Forbidden):
        world.run(RecordWriter(application=application, person=STRANGER, owner=JUROR), SYSTEM)


def test_what_they_read_is_asked_for_at_once_however_many_rounds_there_are() -> None:
    """A rolling call has a round for each application."""
    rounds = [f"round-{number:032x}" for number in range(300)]
    handle = Person(handles={CALL: "01234567"})
    plan, asked, answer = read_by((JUROR, STRANGER), CALL, rounds), [], None
    with pytest.raises(StopIteration) as done:
        while True:
            request = plan.send(answer)
            assert isinstance(request, Load)
            asked.append(len(request.streams))
            answer = {
                stream: Loaded(
                    handle
                    if stream == JUROR
                    else Reading(whole=frozenset({"answers"}))
                    if stream == reading_of(JUROR, rounds[-1])
                    else kind.empty,
                    1,
                    1,
                )
                for kind, stream in request.streams
            }
    assert asked == [2, 300]
    assert [done.value.value[each].has("answers") for each in (JUROR, STRANGER)] == [True, False]


def test_the_program_alone_records_who_helps() -> None:
    world, application = submitted()
    for actor in (ARTIST, OFFICER, STRANGER):
        with pytest.raises(Forbidden):
            world.run(RecordWriter(application=application, person=STRANGER, owner=ARTIST), actor)


def test_who_helped_is_no_applicant() -> None:
    world, application = submitted(STRANGER)
    change = ChangeApplication(
        application=application, title="Other", requested=euros("500.00"), answers=ANSWERS
    )
    with pytest.raises(NotFound):
        world.run(change, STRANGER)
    world.run(SUBMIT, STRANGER)  # their own, to the same call


@pytest.mark.parametrize(
    ("read", "judged", "received", "roles", "may"),
    [
        (Reading(), (), False, (), True),
        (Reading(), (), False, (Role.JUROR,), True),
        (Reading(), (), True, (), True),
        (Reading(), (), True, (Role.JUROR,), False),
        (Reading(whole=frozenset({"answers"})), (), False, (), False),
        (Reading(whole=frozenset({"times"})), (), False, (), True),
        (Reading(whole=frozenset({"judged"})), (), False, (), False),
        (Reading(judged_of=frozenset({f"application-{'0' * 32}"})), (), False, (), False),
        (Reading(), (f"application-{'0' * 32}",), False, (), False),
    ],
)
def test_who_knows_rivals_or_may_judge_an_application_that_was_received_does_not_help(
    read: Reading, judged: tuple[str, ...], received: bool, roles: tuple[Role, ...], may: bool
) -> None:
    verdict = access.helps_to_write(read, judged=judged, received=received, roles=roles)
    assert isinstance(verdict, Allowed if may else Denied)
