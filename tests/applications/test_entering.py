"""Staff enter an application for somebody who cannot, who later takes it over."""

from domain.applications.facts import ApplicationEnteredOnBehalf, ApplicationSubmitted
from domain.applications.state import APPLICATION
from domain.commands.applications.entering import EnterApplication
from domain.commands.applications.submitting import ChangeApplication
from domain.commands.persons import MakeClaim, UseClaim, WithdrawClaim
from domain.commands.reviews import AssignReview, DeclareNoConflict
from domain.dossiers import DossierOpened
from domain.persons.facts import PersonEnteredByStaff, PersonHandleGiven, PersonRegistered
from domain.persons.state import PERSON
from domain.readings import ReadingRecorded, reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from tests.driving import World
from tests.scene import (
    AFTER,
    CALL,
    JUDGING_OFFICER,
    JUROR,
    OFFICER,
    ROUND,
    STRANGER,
    calling,
    closed,
    euros,
    found_eligible,
    receive,
)
from tests.scene import (
    APPLICATION as OTHERS,
)

ENTER = EnterApplication(
    call=CALL,
    round=ROUND,
    name="Applicant One",
    language="ru",
    title="Invented Work",
    requested=euros("500.00"),
    answers={"work": "A song about snow"},
)


def entered(by: str = OFFICER) -> tuple[World, str, str]:
    """A world with such an application, the application, and its applicant."""
    world = calling()
    application = world.run(ENTER, by).answers
    return world, application, world.state(APPLICATION, application).applicant


def test_it_is_submitted_for_a_new_person_and_marked_in_the_history() -> None:
    world, application, person = entered()
    submitted, marked = world.facts(application)
    registered, by_staff, named = world.facts(person)
    assert isinstance(submitted, ApplicationSubmitted)
    assert isinstance(registered, PersonRegistered)
    assert isinstance(named, PersonHandleGiven)
    assert (registered.name, registered.language) == ("Applicant One", "ru")
    assert by_staff == PersonEnteredByStaff(person=person, initiative=submitted.initiative, call=CALL)
    assert marked == ApplicationEnteredOnBehalf(application=application, handle=named.handle)
    assert (named.scope, len(named.handle)) == (CALL, 10)
    (opened,) = world.facts(submitted.dossier)
    assert isinstance(opened, DossierOpened)
    assert (opened.party, opened.about) == (person, application)
    assert world.state(APPLICATION, application).on_behalf
    assert {
        fact.kind for fact in world.facts(reading_of(OFFICER, ROUND)) if isinstance(fact, ReadingRecorded)
    } == {
        "applicants",
        "answers",
    }


def test_whoever_entered_it_has_read_it_and_does_not_judge() -> None:
    world, _, _ = entered(JUDGING_OFFICER)
    receive(world, OTHERS, STRANGER, found_eligible())
    world.given(ROUND, closed(OTHERS))
    refused = world.turned_down(AssignReview(application=OTHERS, juror=JUDGING_OFFICER), JUDGING_OFFICER)
    assert refused == (
        Refused,
        "This person cannot be asked to judge this application; ask another juror.",
    )


def test_only_the_staff_and_only_while_the_round_is_open() -> None:
    assert calling().turned_down(ENTER, JUROR)[0] is Forbidden
    assert calling().turned_down(ENTER, STRANGER)[0] is NotFound
    assert calling().turned_down(ENTER, OFFICER, AFTER)[0] is Refused
    wrong = EnterApplication(
        call=CALL, round=ROUND, name="A", title=" ", requested=euros("1.00"), answers={}, language="ru"
    )
    kind, fields = calling().turned_down(wrong, OFFICER)
    assert (kind, isinstance(fields, dict) and {"title", "requested.amount"} <= set(fields)) == (
        Invalid,
        True,
    )
    applied = calling()
    receive(applied, OTHERS, OFFICER)
    assert applied.turned_down(ENTER, OFFICER)[0] is Forbidden


def test_the_applicant_takes_it_over_once_with_a_claim_from_the_staff() -> None:
    world, application, person = entered()
    claim = MakeClaim(person=person)
    assert world.turned_down(claim, JUROR)[0] is Forbidden
    world.run(claim, OFFICER)
    first = world.state(PERSON, person).claims[-1].id
    world.run(WithdrawClaim(person=person, claim=first), OFFICER)
    world.run(claim, OFFICER)
    second = world.state(PERSON, person).claims[-1].id
    world.run(UseClaim(person=person, claim=second), person)
    assert world.turned_down(claim, OFFICER)[0] is Forbidden
    change = ChangeApplication(
        application=application,
        title="My own words",
        requested=euros("400.00"),
        answers={"work": "A song about rain"},
    )
    assert world.run(change, person).facts
    assert world.turned_down(change, OFFICER)[0] is NotFound
    assert world.turned_down(MakeClaim(person=STRANGER), OFFICER)[0] is Forbidden  # nobody else's account


def test_a_juror_judges_it_as_any_other() -> None:
    world, application, _ = entered()
    world.given(application, found_eligible(application))
    world.given(ROUND, closed(application))
    review = world.run(AssignReview(application=application, juror=JUROR), OFFICER).answers
    assert world.run(DeclareNoConflict(review=review), JUROR).facts
