"""Messages between the applicant and the staff, and notes of the staff: what can be written, until when, and what an
erasure does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.applications.facts import ApplicationDeclined, ApplicationGrantOffered, ApplicationInvited
from domain.commands.applications.corresponding import SettleMessages, WriteMessage, WriteNote
from domain.commands.applications.ending import EraseApplication
from domain.commands.persons import ErasePerson
from domain.correspondence import (
    CORRESPONDENCE,
    MESSAGES_A_DAY,
    CorrespondenceMessageWritten,
    CorrespondenceNoteWritten,
    CorrespondenceSettled,
    correspondence_of,
)
from domain.dossiers import DOSSIER, DossierOpened
from domain.indexes import dossiers_of
from domain.initiatives.facts import MemberAdded
from domain.limits import MESSAGE
from domain.readings import READING, reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import Role
from tests.applications.test_applications import with_application
from tests.driving import NOON, World
from tests.scene import (
    APPLICATION,
    ARTIST,
    CHAIR,
    FUNDER,
    INITIATIVE,
    JUROR,
    KEEPER,
    OFFICER,
    OTHER_ARTIST,
    REVIEW,
    ROUND,
    STRANGER,
    dossier_of,
    numbered,
    review,
    withdrawn,
)

STREAM = correspondence_of(APPLICATION)
HELLO = WriteMessage(application=APPLICATION, text="  When do you decide?\r\n")
ANSWER = WriteMessage(application=APPLICATION, text="In May.")
NOTE = WriteNote(application=APPLICATION, text="Ask for the address.")


def written(world: World) -> list[tuple[str, str, bool]]:
    """The messages of the application: who wrote, what, and whether again."""
    facts = world.facts(STREAM)
    return [
        (fact.side, str(fact.text), fact.again)
        for fact in facts
        if isinstance(fact, CorrespondenceMessageWritten)
    ]


class TestMessages:
    def test_the_first_opens_a_dossier_of_the_applicant_in_which_it_is_sealed(self) -> None:
        world = with_application()
        outcome = world.run(HELLO, ARTIST)
        (dossier,) = outcome.subjects
        assert outcome.facts == {
            dossier: (
                DossierOpened(
                    dossier=dossier,
                    party=ARTIST,
                    initiative=INITIATIVE,
                    purpose="correspondence",
                    about=STREAM,
                ),
            ),
            STREAM: (
                CorrespondenceMessageWritten(
                    correspondence=STREAM,
                    application=APPLICATION,
                    side="applicant",
                    again=False,
                    dossier=dossier,
                    text="When do you decide?",
                    written_at=NOON,
                ),
            ),
        }
        assert outcome.answers == APPLICATION
        later = world.run(ANSWER, OFFICER)
        assert later.subjects == ()
        assert {fact.dossier for fact in world.facts(STREAM)} == {dossier}

    def test_each_waits_for_the_other_side_until_that_answers(self) -> None:
        world = with_application()
        for actor, command, awaits in (
            (ARTIST, HELLO, "staff"),
            (ARTIST, HELLO, "staff"),
            (OFFICER, ANSWER, "applicant"),
            (OFFICER, ANSWER, "applicant"),
            (ARTIST, HELLO, "staff"),
        ):
            world.run(command, actor)
            assert world.state(CORRESPONDENCE, STREAM).awaits == awaits
        assert [(side, again) for side, _, again in written(world)] == [
            ("applicant", False),
            ("applicant", True),
            ("staff", False),
            ("staff", True),
            ("applicant", False),
        ]

    def test_they_can_be_written_in_every_state(self) -> None:
        panel = numbered("panel", 1)
        for fact in (
            withdrawn(),
            ApplicationInvited(
                application=APPLICATION, panel=panel, call=numbered("call", 1), stage="project"
            ),
            ApplicationDeclined(application=APPLICATION, panel=panel, reason="not_selected"),
            ApplicationGrantOffered(application=APPLICATION, grant=numbered("grant", 1)),
        ):
            world = with_application()
            world.given(APPLICATION, fact)
            world.run(HELLO, ARTIST)
            world.run(ANSWER, OFFICER)
            assert len(written(world)) == 2, fact

    def test_staff_who_write_have_read_the_application(self) -> None:
        world = with_application()
        world.run(ANSWER, OFFICER)
        assert world.state(READING, reading_of(OFFICER, ROUND)).breaks_blindness

    @pytest.mark.parametrize("text", ["", " \n\t", "x" * (MESSAGE + 1), "\x00"])
    def test_the_text_is_checked(self, text: str) -> None:
        for command in (WriteMessage, WriteNote):
            with pytest.raises(Invalid):
                with_application().run(command(application=APPLICATION, text=text), OFFICER)

    def test_an_applicant_writes_so_many_in_a_day_and_the_staff_as_many_as_they_have_to(self) -> None:
        world = with_application()
        for number in range(MESSAGES_A_DAY):
            world.run(HELLO, ARTIST, NOON + timedelta(minutes=number))
        with pytest.raises(Refused, match="20 messages"):
            world.run(HELLO, ARTIST, NOON + timedelta(hours=23, minutes=59))
        world.run(HELLO, ARTIST, NOON + timedelta(hours=24))
        for _ in range(MESSAGES_A_DAY + 1):
            world.run(ANSWER, OFFICER, NOON)

    def test_whoever_is_on_neither_side_is_refused(self) -> None:
        world = with_application()
        review(world, REVIEW, APPLICATION, JUROR)
        for command in (HELLO, NOTE, SettleMessages(application=APPLICATION, read_until=NOON)):
            for actor in (JUROR, CHAIR, FUNDER):
                with pytest.raises(Forbidden):
                    world.run(command, actor)
            for actor in (OTHER_ARTIST, STRANGER, KEEPER):
                with pytest.raises(NotFound):
                    world.run(command, actor)

    def test_an_officer_who_was_asked_to_review_the_application_is_refused_until_the_decision(self) -> None:
        world = with_application()
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=JUROR, roles=(Role.OFFICER,)))
        world.run(NOTE, JUROR)
        review(world, REVIEW, APPLICATION, JUROR)
        for command in (HELLO, NOTE):
            with pytest.raises(Forbidden, match="You were asked to review this application"):
                world.run(command, JUROR)


class TestSettling:
    def test_a_side_says_that_what_it_has_read_needs_no_answer(self) -> None:
        world = with_application()
        world.run(HELLO, ARTIST)
        settle = SettleMessages(application=APPLICATION, read_until=NOON)
        assert world.run(settle, OFFICER).facts[STREAM] == (
            CorrespondenceSettled(correspondence=STREAM, application=APPLICATION, side="staff"),
        )
        assert world.state(CORRESPONDENCE, STREAM).awaits is None

    def test_there_is_nothing_to_do_if_nothing_waits_for_it(self) -> None:
        world = with_application()
        settle = SettleMessages(application=APPLICATION, read_until=NOON)
        assert world.run(settle, OFFICER).facts == {STREAM: ()}
        world.run(HELLO, ARTIST)
        assert world.run(settle, ARTIST).facts == {STREAM: ()}

    def test_a_time_without_its_offset_is_no_time_of_a_message(self) -> None:
        world = with_application()
        world.run(HELLO, ARTIST)
        settle = SettleMessages(application=APPLICATION, read_until=NOON.replace(tzinfo=None))
        assert world.turned_down(settle, OFFICER)[0] is Invalid

    def test_a_message_that_came_meanwhile_is_not_settled_unread(self) -> None:
        world = with_application()
        world.run(HELLO, ARTIST)
        world.run(HELLO, ARTIST, NOON + timedelta(seconds=1))
        with pytest.raises(Refused, match="Another message has come"):
            world.run(SettleMessages(application=APPLICATION, read_until=NOON), OFFICER)


class TestNotes:
    def test_they_have_a_dossier_of_their_own_and_wait_for_nobody(self) -> None:
        world = with_application()
        world.run(HELLO, ARTIST)
        outcome = world.run(NOTE, OFFICER)
        (dossier,) = outcome.subjects
        assert outcome.facts[STREAM] == (
            CorrespondenceNoteWritten(
                correspondence=STREAM,
                application=APPLICATION,
                dossier=dossier,
                text="Ask for the address.",
                written_at=NOON,
            ),
        )
        assert world.state(DOSSIER, dossier).purpose == "notes"
        state = world.state(CORRESPONDENCE, STREAM)
        assert (state.awaits, state.notes) == ("staff", dossier)
        assert state.dossier not in (dossier, None)

    def test_the_applicant_learns_of_none_even_as_an_officer(self) -> None:
        world = with_application()
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.OFFICER,)))
        with pytest.raises(NotFound):
            world.run(NOTE, ARTIST)
        world.run(HELLO, ARTIST)
        assert written(world)[0][0] == "applicant"


class TestErasing:
    def test_both_dossiers_go_with_the_application_and_nothing_more_is_written(self) -> None:
        world = with_application()
        world.run(HELLO, ARTIST)
        world.run(NOTE, OFFICER)
        world.given(APPLICATION, withdrawn())
        state = world.state(CORRESPONDENCE, STREAM)
        erases = world.run(EraseApplication(application=APPLICATION), ARTIST).erases
        assert {state.dossier, state.notes} < set(erases)
        assert all(world.state(DOSSIER, each).erased for each in erases)
        for command, actor in ((HELLO, ARTIST), (ANSWER, OFFICER), (NOTE, OFFICER)):
            with pytest.raises(Refused, match="was erased"):
                world.run(command, actor)

    def test_both_go_with_the_applicant(self) -> None:
        world = with_application()
        world.run(HELLO, ARTIST)
        world.run(NOTE, OFFICER)
        world.indexes[dossiers_of(ARTIST)].add(dossier_of(APPLICATION))
        state = world.state(CORRESPONDENCE, STREAM)
        erases = world.run(ErasePerson(person=ARTIST, reason="asked_by_person"), KEEPER).erases
        assert {state.dossier, state.notes} < set(erases)
        with pytest.raises(Refused, match="was erased"):
            world.run(ANSWER, OFFICER)
