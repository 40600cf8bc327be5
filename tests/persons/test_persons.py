"""People: registered once for each address, and erased for good."""

import pytest

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationDeclined,
    ApplicationEndedByErasure,
    ApplicationGrantOffered,
)
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.deciding import Fact, Outcome
from domain.indexes import initiatives_of, submissions_of
from domain.personal import personal_fields
from domain.persons.facts import PersonErased, PersonHandleGiven, PersonRegistered
from domain.persons.rules import give_handle
from domain.persons.state import Person
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import SYSTEM
from tests.driving import person
from tests.scene import (
    ADMINISTRATOR,
    APPLICATION,
    ARTIST,
    CALL,
    INITIATIVE,
    JUROR,
    KEEPER,
    OFFICER,
    PANEL,
    found_eligible,
    found_ineligible,
    numbered,
    peopled,
    submitted,
    withdrawn,
)

OFFERED = ApplicationGrantOffered(application=APPLICATION, grant=numbered("grant", 1))
AWARDED = ApplicationAwarded(
    application=APPLICATION, panel=PANEL, amount=100, currency="EUR", reason="quality"
)
DECLINED = ApplicationDeclined(application=APPLICATION, panel=PANEL, reason="not_selected")


class TestWhenAPersonIsRegistered:
    @pytest.mark.parametrize("actor", [KEEPER, SYSTEM])
    def test_the_address_is_claimed_and_a_sealing_key_is_made(self, actor: str) -> None:
        command = RegisterPerson(name=" Applicant One ", email=" One@Example.org ", language="ru")
        outcome = peopled().run(command, actor)
        who = outcome.answers
        registered = PersonRegistered(
            person=who, name="Applicant One", email="One@Example.org", language="ru"
        )
        assert outcome == Outcome(
            facts={who: (registered,)},
            answers=who,
            subjects=(who,),
        )

    @pytest.mark.parametrize("email", [None, "", "  "])
    def test_an_address_is_not_needed(self, email: str | None) -> None:
        outcome = peopled().run(RegisterPerson(name="Applicant One", email=email), KEEPER)
        who = outcome.answers
        registered = PersonRegistered(person=who, name="Applicant One", email=None, language="en")
        assert outcome == Outcome(facts={who: (registered,)}, answers=who, subjects=(who,))

    def test_an_address_belongs_to_one_person_in_any_spelling(self) -> None:
        world = peopled()
        world.run(RegisterPerson(name="Applicant One", email="one@example.org"), KEEPER)
        command = RegisterPerson(name="Applicant Two", email="ONE@example.ORG")
        assert world.turned_down(command, KEEPER) == (
            Refused,
            "Another registered person already uses this address.",
        )

    @pytest.mark.parametrize(
        "email", ["one", "@example.org", "one@", "one@example", "o ne@example.org", "one@."]
    )
    def test_what_is_no_address_is_refused(self, email: str) -> None:
        command = RegisterPerson(name="Applicant One", email=email)
        assert peopled().turned_down(command, KEEPER) == (
            Invalid,
            {
                "email": "This does not look like an e-mail address; write a single one, such as anna@example.org."
            },
        )

    @pytest.mark.parametrize("language", ["", "e", "EN", "english", "e1", "рус"])
    def test_a_language_is_a_code(self, language: str) -> None:
        command = RegisterPerson(name="Applicant One", language=language)
        assert peopled().turned_down(command, KEEPER) == (
            Invalid,
            {"language": "Write the language as its code, such as en or ru."},
        )

    @pytest.mark.parametrize(
        ("name", "detail"),
        [
            ("", "This cannot be left empty."),
            (
                "One\x00",
                "Character 4 is the control character U+0000, which cannot be stored; delete it, or type that part again.",
            ),
            ("x" * 201, "At most 200 characters; this has 201."),
        ],
    )
    def test_a_name_is_a_short_text(self, name: str, detail: str) -> None:
        assert peopled().turned_down(RegisterPerson(name=name), KEEPER) == (Invalid, {"name": detail})

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, ARTIST])
    def test_only_the_installation_registers(self, actor: str) -> None:
        assert peopled().turned_down(RegisterPerson(name="Applicant One"), actor) == (
            Forbidden,
            "Only an administrator of this installation can do this.",
        )

    def test_what_identifies_is_sealed_under_the_persons_own_key(self) -> None:
        assert personal_fields(PersonRegistered) == {"name": "person", "email": "person"}


class TestWhenAPersonIsErased:
    def test_the_key_dies_and_the_facts_stay(self) -> None:
        world = peopled()
        before = world.facts(ARTIST)
        erased = PersonErased(person=ARTIST, reason="asked_by_person", dossiers=(), kept=())
        outcome = world.run(ErasePerson(person=ARTIST, reason="asked_by_person"), KEEPER)
        assert outcome == Outcome(facts={ARTIST: (erased,)}, answers=ARTIST, erases=(ARTIST,))
        assert world.facts(ARTIST) == (*before, erased)

    @pytest.mark.parametrize(
        "before",
        [(), (found_eligible(),)],
        ids=["submitted", "eligible"],
    )
    def test_an_application_that_is_not_decided_ends(self, before: tuple[Fact, ...]) -> None:
        """A panel waits for all that are in play; nobody could take this one back any more. What ends after the decision:
        see tests/panels/test_ended_awards.py."""
        world = peopled()
        world.given(APPLICATION, submitted(), *before)
        world.indexes[submissions_of(ARTIST)] = {APPLICATION}
        outcome = world.run(ErasePerson(person=ARTIST, reason="safety"), KEEPER)
        assert outcome.facts[APPLICATION] == (ApplicationEndedByErasure(application=APPLICATION),)
        assert outcome.initiatives == {APPLICATION: INITIATIVE}
        assert world.state(APPLICATIONS, APPLICATION).status is ApplicationStatus.WITHDRAWN

    @pytest.mark.parametrize(
        "end",
        [(withdrawn(),), (found_ineligible(),), (AWARDED, OFFERED), (DECLINED,)],
        ids=lambda end: type(end[-1]).__name__,
    )
    def test_an_application_that_has_its_end_keeps_it(self, end: tuple[Fact, ...]) -> None:
        world = peopled()
        world.given(APPLICATION, submitted(), found_eligible(), *end)
        world.indexes[submissions_of(ARTIST)] = {APPLICATION}
        outcome = world.run(ErasePerson(person=ARTIST, reason="safety"), KEEPER)
        assert set(outcome.facts) == {ARTIST}

    def test_nobody_is_erased_twice(self) -> None:
        world = peopled()
        world.run(ErasePerson(person=ARTIST, reason="safety"), SYSTEM)
        assert world.turned_down(ErasePerson(person=ARTIST, reason="safety"), SYSTEM) == (
            Refused,
            "This person's data was already erased.",
        )

    def test_who_is_not_known_cannot_be_erased(self) -> None:
        assert peopled().turned_down(ErasePerson(person=person(99), reason="other"), KEEPER) == (
            NotFound,
            "Not found, or you have no access.",
        )

    def test_people_erase_themselves(self) -> None:
        world = peopled()
        outcome = world.run(ErasePerson(person=ARTIST, reason="asked_by_person"), ARTIST)
        assert outcome.erases == (ARTIST,)

    @pytest.mark.parametrize(
        ("who", "sentence"),
        [
            (KEEPER, "You are the only administrator of this installation. Appoint another one first."),
            (ADMINISTRATOR, "You are the only administrator of an initiative. Name another one there first."),
        ],
    )
    def test_the_last_administrator_stays(self, who: str, sentence: str) -> None:
        world = peopled()
        world.indexes[initiatives_of(ADMINISTRATOR)] = {INITIATIVE}
        erase = ErasePerson(person=who, reason="asked_by_person")
        assert world.turned_down(erase, who) == (Refused, sentence)
        assert world.run(erase, SYSTEM).erases == (who,), "the operator can"

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, JUROR])
    def test_only_the_installation_erases_others(self, actor: str) -> None:
        assert peopled().turned_down(ErasePerson(person=ARTIST, reason="other"), actor) == (
            Forbidden,
            "Only an administrator of this installation can do this.",
        )


def test_a_person_has_one_handle_in_a_scope() -> None:
    """A handle stands for a person within a call; a second one would make two people of them."""
    known = Person(handles={CALL: "quiet-birch"})
    with pytest.raises(Refused, match=r"^This person already has a handle there\.$"):
        give_handle(ARTIST, known, scope=CALL, handle="loud-birch")
    assert give_handle(ARTIST, Person(), scope=CALL, handle="quiet-birch") == (
        PersonHandleGiven(person=ARTIST, scope=CALL, handle="quiet-birch"),
    )
