"""A house of few people: the chair lowers a quorum when nobody is left to be asked, and a juror decides where the chair
has a conflict of interest."""

import msgspec
import pytest

from domain.access.ties import KNOWS
from domain.calls.facts import CallPublished
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, SetPanelOutcome
from domain.commands.reviews import LowerQuorum
from domain.deciding import Command, Fact, Outcome
from domain.indexes import applications_by, deciders_of, entries_of
from domain.initiatives.facts import MemberAdded, MemberAddedToCall, MemberRemoved
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.persons.facts import PersonErased
from domain.readings import ReadingKind, reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import Role
from tests.driving import World
from tests.panel_scene import declined, panel_opened
from tests.panels.scene import place
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CHAIR,
    INITIATIVE,
    JUDGING_OFFICER,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    PANEL,
    REVIEW,
    ROUND,
    SECOND_JUROR,
    STRANGER,
    THIRD_JUROR,
    cleared,
    closed,
    conflict_declared,
    drafted,
    expired,
    found_eligible,
    has_read,
    judged,
    numbered,
    put_to_panel,
    quorum_lowered,
    receive,
    review,
    reviewing,
    withdrawn,
)

LOWER = LowerQuorum(application=APPLICATION, quorum=2, reason="conflicts_of_interest")
SOMEBODY_IS_LEFT = "The quorum can be lowered only when no juror is left to ask. There still is one; tell the programme staff to ask them."
OTHER_REVIEW, THIRD_REVIEW = numbered("review", 2), numbered("review", 3)


def four(**options: int) -> World:
    """A blind call of an officer, a chair and two jurors: one juror judged, the other has a conflict of interest."""
    world = reviewing(**options)  # type: ignore[arg-type]
    for gone in (THIRD_JUROR, JUDGING_OFFICER):
        world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=gone))
    review(world, REVIEW, APPLICATION, JUROR, cleared(), judged())
    of_second = conflict_declared(SECOND_JUROR, review=OTHER_REVIEW)
    review(world, OTHER_REVIEW, APPLICATION, SECOND_JUROR, of_second)
    return world


def with_the_chair_asked(*facts: Fact, **options: int) -> World:
    """The chair judged it, too, so that of three reviews one is lacking, and nobody is left to write it."""
    world = four(**{"quorum": 3, **options})
    judged_too = (cleared(CHAIR, review=THIRD_REVIEW), judged(juror=CHAIR, review=THIRD_REVIEW))
    review(world, THIRD_REVIEW, APPLICATION, CHAIR, *judged_too, *facts)
    return world


class TestWhenNoJurorIsLeft:
    def test_the_chair_lowers_the_quorum_of_one_application_with_a_reason(self) -> None:
        assert with_the_chair_asked().run(LOWER, CHAIR) == Outcome(
            facts={ROUND: (quorum_lowered(2),)}, answers=ROUND
        )

    def test_the_panel_then_opens_on_it(self) -> None:
        world = with_the_chair_asked()
        assert world.turned_down(OpenPanel(round=ROUND), OFFICER)[0] is Refused
        world.run(LOWER, CHAIR)
        outcome = world.run(OpenPanel(round=ROUND), OFFICER)
        assert world.state(PANEL_AGGREGATE, outcome.answers).ranking == (
            place(APPLICATION, 1, "11/15", 2, 0),
        )

    def test_the_quorum_of_every_other_application_stays(self) -> None:
        world = with_the_chair_asked()
        receive(world, OTHER_APPLICATION, STRANGER, found_eligible(OTHER_APPLICATION))
        world.given(ROUND, closed(APPLICATION, OTHER_APPLICATION), quorum_lowered(1))
        assert "1 eligible application does not have enough reviews" in str(
            world.turned_down(OpenPanel(round=ROUND), OFFICER)[1]
        )

    def test_it_goes_no_lower_than_what_was_written_and_can_be_lowered_again(self) -> None:
        for quorum in (0, 1, 3):
            command = LowerQuorum(application=APPLICATION, quorum=quorum, reason="other")
            assert with_the_chair_asked().turned_down(command, CHAIR) == (
                Invalid,
                {"quorum": "The quorum of this application can be lowered only to 2."},
            )
        for quorum in (4, -1, 10**30):
            command = LowerQuorum(application=APPLICATION, quorum=quorum, reason="other")
            assert with_the_chair_asked(quorum=4).turned_down(command, CHAIR) == (
                Invalid,
                {"quorum": "The quorum of this application can be lowered to a number from 2 to 3."},
            )
        world = with_the_chair_asked(quorum=4)
        for quorum in (3, 2):
            world.run(LowerQuorum(application=APPLICATION, quorum=quorum, reason="other"), CHAIR)
        assert world.turned_down(LOWER, CHAIR) == (
            Refused,
            "This application has all the reviews that it needs.",
        )

    def test_on_the_fast_track_it_stays_at_two_reviews(self) -> None:
        world = with_the_chair_asked()
        world.streams[CALL] = [drafted(fast_track_up_to=80_000), CallPublished(call=CALL)]
        command = LowerQuorum(application=APPLICATION, quorum=1, reason="other")
        assert world.turned_down(command, CHAIR) == (
            Refused,
            "On the fast track each application has 2 reviews, so their number cannot be lowered. Ask another juror.",
        )

    def test_only_the_chair_lowers_it(self) -> None:
        world = with_the_chair_asked()
        for actor in (OFFICER, JUROR):
            assert world.turned_down(LOWER, actor) == (
                Forbidden,
                "In this initiative, only people with this role can do this: chair.",
            )
        assert world.turned_down(LOWER, STRANGER)[0] is NotFound

    def test_it_is_lowered_while_the_round_is_in_review_and_for_what_is_in_play(self) -> None:
        world = with_the_chair_asked()
        world.given(ROUND, put_to_panel())
        assert world.turned_down(LOWER, CHAIR) == (
            Refused,
            "The panel of this round is already open, so its reviews are complete.",
        )
        world = with_the_chair_asked()
        world.given(APPLICATION, withdrawn())
        assert world.turned_down(LOWER, CHAIR) == (
            Refused,
            "Only an eligible application can be reviewed; this one is withdrawn.",
        )


class TestWhetherSomebodyIsLeft:
    def test_whoever_can_be_asked_is_asked_first(self) -> None:
        """The chair herself, too, is of the jury. How many are left is not told: it tells how many applied, or have read."""
        assert four().turned_down(LOWER, CHAIR) == (Refused, SOMEBODY_IS_LEFT)
        world = with_the_chair_asked()
        for who in (THIRD_JUROR, STRANGER):
            world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=who, roles=(Role.JUROR,)))
        assert world.turned_down(LOWER, CHAIR) == (Refused, SOMEBODY_IS_LEFT)

    def test_nobody_counts_who_could_not_judge_it(self) -> None:
        """Who was erased, applied in the round, or has read who did."""
        world = with_the_chair_asked()
        for who in (THIRD_JUROR, STRANGER, ARTIST):
            world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=who, roles=(Role.JUROR,)))
        both = (Role.OFFICER, Role.JUROR)
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=JUDGING_OFFICER, roles=both))
        world.given(THIRD_JUROR, PersonErased(person=THIRD_JUROR, reason="safety", dossiers=(), kept=()))
        world.indexes[applications_by(STRANGER, ROUND)] = {OTHER_APPLICATION}
        world.given(reading_of(JUDGING_OFFICER, ROUND), *has_read(JUDGING_OFFICER, "applicants"))
        assert world.run(LOWER, CHAIR).facts


class TestWhetherReviewsAreOwed:
    """What a juror owes may still come, so the quorum is not lowered below it."""

    NONE = LowerQuorum(application=APPLICATION, quorum=0, reason="other")
    OWED = (
        Refused,
        (
            "This application will still have enough reviews once every juror submits. Wait for "
            "them, or ask the administrator to end the role of a juror who does not answer."
        ),
    )

    def owing(self, *, quorum: int) -> World:
        """Two jurors and the chair were asked, and none has submitted."""
        world = reviewing(quorum=quorum)
        for gone in (THIRD_JUROR, JUDGING_OFFICER):
            world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=gone))
        review(world, REVIEW, APPLICATION, JUROR)
        review(world, OTHER_REVIEW, APPLICATION, SECOND_JUROR, cleared(SECOND_JUROR, review=OTHER_REVIEW))
        review(world, THIRD_REVIEW, APPLICATION, CHAIR, cleared(CHAIR, review=THIRD_REVIEW))
        return world

    def test_not_while_they_reach_the_quorum(self) -> None:
        world = self.owing(quorum=3)
        assert world.turned_down(self.NONE, CHAIR) == self.OWED
        world.given(REVIEW, cleared(), judged())
        assert world.turned_down(LOWER, CHAIR) == self.OWED

    def test_they_are_waited_for_although_somebody_else_could_be_asked(self) -> None:
        world = self.owing(quorum=3)
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=STRANGER, roles=(Role.JUROR,)))
        assert world.turned_down(LOWER, CHAIR) == self.OWED

    def test_no_lower_than_what_was_written_and_is_owed(self) -> None:
        world = self.owing(quorum=4)
        assert world.turned_down(self.NONE, CHAIR) == (
            Invalid,
            {"quorum": "The quorum of this application can be lowered only to 3."},
        )
        command = LowerQuorum(application=APPLICATION, quorum=3, reason="conflicts_of_interest")
        assert world.run(command, CHAIR).facts == {ROUND: (quorum_lowered(3),)}

    @pytest.mark.parametrize(
        ("stream", "fact"),
        [
            (REVIEW, conflict_declared()),
            (INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=JUROR)),
            (JUROR, PersonErased(person=JUROR, reason="safety", dossiers=(), kept=())),
        ],
    )
    def test_of_whoever_stepped_back_is_of_the_jury_no_more_or_was_erased_nothing_is_expected(
        self, stream: str, fact: Fact
    ) -> None:
        """So that one who never answers cannot stop the round."""
        world = self.owing(quorum=3)
        world.given(stream, fact)
        assert world.run(LOWER, CHAIR).facts == {ROUND: (quorum_lowered(2),)}


CLOSE = ClosePanel(panel=PANEL)
DECLINE = SetPanelOutcome(panel=PANEL, application=APPLICATION, outcome="decline", reason="not_selected")
ONLY_THE_CHAIR = "In this initiative, only people with this role can do this: chair."


def deciding(*chairs: Fact) -> World:
    """The panel is open; the juror judged the application, and the chair was asked, too, and then…"""
    world = four()
    review(world, THIRD_REVIEW, APPLICATION, CHAIR, *chairs)
    world.given(ROUND, put_to_panel())
    world.given(PANEL, panel_opened(place(APPLICATION, 1)))
    return world


CONFLICTED = (conflict_declared(CHAIR, review=THIRD_REVIEW),)


class TestWhenTheChairHasAConflict:
    def test_a_juror_who_judged_the_application_decides_on_it(self) -> None:
        by_juror = msgspec.structs.replace(declined(), decider=JUROR)
        assert deciding(*CONFLICTED).run(DECLINE, JUROR) == Outcome(facts={PANEL: (by_juror,)}, answers=PANEL)
        assert entries_of(declined(), JUROR) == ((deciders_of(PANEL), JUROR),)

    def test_so_does_one_whose_review_expired_after_they_declared_no_conflict(self) -> None:
        world = deciding(*CONFLICTED)
        owed = numbered("review", 9)
        late = (cleared(THIRD_JUROR, review=owed), expired(review=owed))
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=THIRD_JUROR, roles=(Role.JUROR,)))
        review(world, owed, APPLICATION, THIRD_JUROR, *late)
        assert world.run(DECLINE, THIRD_JUROR).facts

    def test_not_one_who_never_said_whether_they_have_a_conflict(self) -> None:
        world = deciding(*CONFLICTED)
        owed = numbered("review", 9)
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=THIRD_JUROR, roles=(Role.JUROR,)))
        review(world, owed, APPLICATION, THIRD_JUROR, expired(review=owed))
        assert world.turned_down(DECLINE, THIRD_JUROR) == (
            Forbidden,
            "Declare first whether you have a conflict of interest with this application.",
        )

    def test_not_one_who_has_a_conflict_or_applied_or_was_not_asked(self) -> None:
        world = deciding(*CONFLICTED)
        assert world.turned_down(DECLINE, SECOND_JUROR) == (
            Forbidden,
            "You declared a conflict of interest with this application.",
        )
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=THIRD_JUROR, roles=(Role.JUROR,)))
        assert world.turned_down(DECLINE, THIRD_JUROR) == (Forbidden, ONLY_THE_CHAIR)
        world.indexes[applications_by(JUROR, ROUND)] = {OTHER_APPLICATION}
        assert world.turned_down(DECLINE, JUROR) == (
            Forbidden,
            "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it.",
        )

    @pytest.mark.parametrize("command", [DECLINE, LOWER])
    @pytest.mark.parametrize("kind", ["applicants", "answers", "times"])
    def test_nor_in_a_blind_call_one_who_knows_who_applied(self, command: Command, kind: ReadingKind) -> None:
        """As no chair does who has read it."""
        world = deciding(*CONFLICTED)
        world.given(reading_of(JUROR, ROUND), *has_read(JUROR, kind))
        assert world.turned_down(command, JUROR) == (Forbidden, str(KNOWS))

    @pytest.mark.parametrize("command", [DECLINE, LOWER])
    def test_nor_in_a_blind_call_an_officer_of_it(self, command: Command) -> None:
        """Whether they are one of the whole initiative or for this call; one for another call decides."""
        roles = (Role.OFFICER, Role.JUROR)
        for added in (
            MemberAdded(initiative=INITIATIVE, person=JUROR, roles=roles),
            MemberAddedToCall(initiative=INITIATIVE, person=JUROR, call=CALL, roles=roles),
        ):
            world = deciding(*CONFLICTED)
            world.given(INITIATIVE, added)
            assert world.turned_down(command, JUROR) == (
                Forbidden,
                "In a blind call officers do not decide; a chair who is not an officer does.",
            )
        elsewhere = MemberAddedToCall(
            initiative=INITIATIVE, person=JUROR, call=numbered("call", 2), roles=roles
        )
        world = deciding(*CONFLICTED)
        world.given(INITIATIVE, elsewhere)
        assert world.run(DECLINE, JUROR).facts

    def test_the_chair_decides_on_nothing_with_which_she_has_a_conflict(self) -> None:
        assert deciding(*CONFLICTED).turned_down(DECLINE, CHAIR) == (
            Forbidden,
            "You declared a conflict of interest with this application.",
        )

    def test_a_juror_lowers_the_quorum_in_her_place_too(self) -> None:
        world = four()
        review(world, THIRD_REVIEW, APPLICATION, CHAIR, *CONFLICTED)
        lower = LowerQuorum(application=APPLICATION, quorum=1, reason="conflicts_of_interest")
        assert world.turned_down(lower, CHAIR)[0] is Forbidden
        assert world.run(lower, JUROR).facts == {ROUND: (quorum_lowered(1),)}


class TestWhenAChairCanDecide:
    @pytest.mark.parametrize("facts", [(), (cleared(CHAIR, review=THIRD_REVIEW),)])
    def test_no_juror_does(self, facts: tuple[Fact, ...]) -> None:
        """Neither where she has yet to say whether she has a conflict."""
        assert deciding(*facts).turned_down(DECLINE, JUROR) == (Forbidden, ONLY_THE_CHAIR)

    def test_one_of_several_chairs_is_enough(self) -> None:
        world = deciding(*CONFLICTED)
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=THIRD_JUROR, roles=(Role.CHAIR,)))
        assert world.turned_down(DECLINE, JUROR) == (Forbidden, ONLY_THE_CHAIR)
        world.given(THIRD_JUROR, PersonErased(person=THIRD_JUROR, reason="safety", dossiers=(), kept=()))
        assert world.run(DECLINE, JUROR).facts

    def test_a_chair_who_applied_in_the_round_cannot(self) -> None:
        world = deciding(cleared(CHAIR, review=THIRD_REVIEW))
        world.indexes[applications_by(CHAIR, ROUND)] = {OTHER_APPLICATION}
        assert world.run(DECLINE, JUROR).facts

    def test_where_there_is_no_chair_at_all_the_administrator_names_one(self) -> None:
        world = deciding(*CONFLICTED)
        world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=CHAIR))
        assert world.turned_down(DECLINE, JUROR) == (Forbidden, ONLY_THE_CHAIR)


class TestWhenNoChairCanDecideInThePanel:
    """Each applied in the round, or, in a blind call, knows who did."""

    @staticmethod
    def knowing(*kinds: ReadingKind) -> World:
        """The only chair declared no conflict, but was shown who applied."""
        world = deciding(cleared(CHAIR, review=THIRD_REVIEW))
        world.given(reading_of(CHAIR, ROUND), *has_read(CHAIR, *kinds))
        return world

    @pytest.mark.parametrize("kind", ["applicants", "answers", "times"])
    def test_a_juror_decides_and_closes_the_panel(self, kind: ReadingKind) -> None:
        world = self.knowing(kind)
        assert world.turned_down(DECLINE, CHAIR) == (Forbidden, str(KNOWS))
        world.run(DECLINE, JUROR)
        assert world.turned_down(CLOSE, CHAIR) == (Forbidden, str(KNOWS))
        world.run(CLOSE, JUROR)
        assert world.turned_down(ConfirmPanel(panel=PANEL), JUROR)[0] is Forbidden
        world.run(ConfirmPanel(panel=PANEL), OFFICER)

    def test_a_juror_lowers_the_quorum(self) -> None:
        world = with_the_chair_asked()
        world.given(reading_of(CHAIR, ROUND), *has_read(CHAIR, "answers"))
        assert world.turned_down(LOWER, CHAIR) == (Forbidden, str(KNOWS))
        assert world.run(LOWER, JUROR).facts

    def test_in_an_open_call_reading_excludes_no_chair(self) -> None:
        world = self.knowing("answers")
        world.streams[CALL] = [drafted(blindness="open"), CallPublished(call=CALL)]
        assert world.turned_down(DECLINE, JUROR) == (Forbidden, ONLY_THE_CHAIR)
        world.run(DECLINE, CHAIR)

    def test_not_a_juror_who_was_asked_for_nothing_in_the_round_or_knows_it_too(self) -> None:
        world = self.knowing("answers")
        world.run(DECLINE, JUROR)
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=THIRD_JUROR, roles=(Role.JUROR,)))
        assert world.turned_down(CLOSE, THIRD_JUROR) == (Forbidden, ONLY_THE_CHAIR)
        world.given(reading_of(JUROR, ROUND), *has_read(JUROR, "answers"))
        assert world.turned_down(CLOSE, JUROR) == (Forbidden, str(KNOWS))

    def test_a_new_chair_who_has_not_read_ends_it(self) -> None:
        world = self.knowing("answers")
        added = MemberAddedToCall(initiative=INITIATIVE, person=STRANGER, call=CALL, roles=(Role.CHAIR,))
        world.given(INITIATIVE, added)
        assert world.turned_down(DECLINE, JUROR) == (Forbidden, ONLY_THE_CHAIR)
        world.run(DECLINE, STRANGER)
        world.run(CLOSE, STRANGER)

    def test_a_conflict_with_one_application_alone_keeps_no_chair_from_closing(self) -> None:
        world = deciding(*CONFLICTED)
        world.run(DECLINE, JUROR)
        assert world.turned_down(CLOSE, JUROR) == (Forbidden, ONLY_THE_CHAIR)
        world.run(CLOSE, CHAIR)
