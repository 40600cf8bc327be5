"""A call of two stages: who may still judge, and who applied, read or declared a conflict in the first one."""

from __future__ import annotations

from typing import Any

from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.commands.announcing import AnnouncePanel
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.grants.offering import AcceptGrant, OfferGrant
from domain.commands.grants.payee import ConfirmGrantPayee
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, ReturnPanel, SetPanelOutcome
from domain.commands.reviews import AssignReview, DeclareConflict, DeclareNoConflict, SubmitReview
from domain.commands.rounds import ExtendRound
from domain.funds import FundOpened, FundPledged
from domain.initiatives.facts import MemberAdded
from domain.persons.facts import PersonHandleGiven
from domain.readings import EXAMINED, ReadingRecorded, reading_of
from domain.refusals import Forbidden, Refused
from domain.stages import Blindness
from domain.values import Role
from tests.calls.staging import DAY, Season, going_on
from tests.scene import (
    ARTIST,
    CALL,
    CHAIR,
    FUND,
    FUNDER,
    INITIATIVE,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    SECOND_JUROR,
    THIRD_JUROR,
    euros,
    numbered,
)


class TestKnowledge:
    def continued(self, blindness: Blindness = "double") -> tuple[Season, str]:
        season = Season(blindness)
        first, _ = season.first_stage()
        season.round = season.open()
        season.do(ARTIST, going_on(first))
        season.close()
        season.do(OFFICER, FindApplicationEligible(application=first))
        return season, first

    def read(self, season: Season, who: str, round: str) -> None:
        for kind in EXAMINED:
            season.world.given(
                reading_of(who, round),
                ReadingRecorded(
                    reading=reading_of(who, round),
                    viewer=who,
                    initiative=INITIATIVE,
                    call=CALL,
                    round=round,
                    kind=kind,
                    application=None,
                ),
            )

    def test_who_applied_is_still_known_in_a_later_blind_stage(self) -> None:
        season, first = self.continued()
        (letter,) = season.world.state(APPLICATIONS, first).earlier
        self.read(season, THIRD_JUROR, letter)
        assert season.turned_down(OFFICER, AssignReview(application=first, juror=THIRD_JUROR)) == (
            Refused,
            "This person cannot be asked to judge this application; ask another juror.",
        )
        self.read(season, CHAIR, letter)
        asked = season.do(OFFICER, AssignReview(application=first, juror=JUROR))
        season.do(JUROR, DeclareNoConflict(review=asked))
        season.do(JUROR, SubmitReview(review=asked, scores={"craft": 9}))
        panel = season.do(OFFICER, OpenPanel(round=season.round))
        outcome = SetPanelOutcome(panel=panel, application=first, outcome="decline", reason="other")
        assert season.turned_down(CHAIR, outcome)[0] is Forbidden

    def test_in_a_later_open_stage_it_excludes_from_nothing(self) -> None:
        season, first = self.continued("open")
        (letter,) = season.world.state(APPLICATIONS, first).earlier
        self.read(season, THIRD_JUROR, letter)
        assert season.do(OFFICER, AssignReview(application=first, juror=THIRD_JUROR))

    def test_a_juror_of_the_first_stage_judges_the_second_too(self) -> None:
        season, first = self.continued()
        assert season.do(OFFICER, AssignReview(application=first, juror=JUROR))

    def test_a_conflict_of_interest_does_not_end_with_a_stage(self) -> None:
        season = Season()
        first = season.apply(ARTIST)
        season.close()
        season.judge(first, JUROR, art=8, need=3)
        review = season.do(OFFICER, AssignReview(application=first, juror=SECOND_JUROR))
        season.do(SECOND_JUROR, DeclareConflict(review=review, reason="friendship"))
        season.decide(first=(first, "invite"))
        season.round = season.open()
        season.do(ARTIST, going_on(first))
        season.close()
        season.do(OFFICER, FindApplicationEligible(application=first))
        assert season.turned_down(OFFICER, AssignReview(application=first, juror=SECOND_JUROR)) == (
            Refused,
            "This juror is already assigned to this application.",
        )

    def test_who_has_read_others_answers_of_either_stage_does_not_continue(self) -> None:
        for stage in ("letter", "project"):
            season = Season()
            letter = season.round
            first, _ = season.first_stage()
            project = season.round = season.open()
            season.world.given(ARTIST, PersonHandleGiven(person=ARTIST, scope=CALL, handle="dark-newt"))
            self.read(season, ARTIST, letter if stage == "letter" else project)
            assert season.turned_down(ARTIST, going_on(first)) == (
                Forbidden,
                "You have read others' applications to this call, so you can no longer write in this one.",
            )

    def test_nor_does_who_judged_others_in_an_earlier_stage(self) -> None:
        """As a juror of a single application there, too; later stages are as if they had been read."""
        season = Season()
        letter = season.round
        first, second = season.first_stage()
        season.round = season.open()
        season.world.given(ARTIST, PersonHandleGiven(person=ARTIST, scope=CALL, handle="dark-newt"))
        season.world.given(
            reading_of(ARTIST, letter),
            ReadingRecorded(
                reading=reading_of(ARTIST, letter),
                viewer=ARTIST,
                initiative=INITIATIVE,
                call=CALL,
                round=letter,
                kind="judged",
                application=second,
            ),
        )
        assert season.turned_down(ARTIST, going_on(first)) == (
            Forbidden,
            "You have read others' applications to this call, so you can no longer write in this one.",
        )


class TestStaffWhoApplied:
    """They are rivals in every stage from their invitation on, not only once they continued."""

    def test_have_no_hand_in_the_next_stage_before_they_continue(self) -> None:
        season = Season()
        season.world.given(
            INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.OFFICER,))
        )
        first, second = season.apply(ARTIST), season.apply(OTHER_ARTIST)
        season.close()
        season.judge(first, JUROR, art=8, need=3)
        season.judge(second, JUROR, art=8, need=3)
        season.decide(first=(first, "invite"), second=(second, "invite"))
        season.round = season.open()
        season.do(OTHER_ARTIST, going_on(second))
        longer = (season.now + 9 * DAY).replace(tzinfo=None)
        extend = ExtendRound(round=season.round, closes_at=longer, reason="technical_trouble")
        refusal = (
            Forbidden,
            "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it.",
        )
        eligible = FindApplicationEligible(application=second)
        asked = AssignReview(application=second, juror=JUROR)
        for status in (ApplicationStatus.INVITED, ApplicationStatus.LAPSED):
            assert season.status(first) is status
            for command in (extend, eligible, asked):
                assert season.turned_down(ARTIST, command) == refusal
            if status is ApplicationStatus.INVITED:
                season.close()
        season.do(OFFICER, extend)


class TestConflictsOfInterest:
    """Who declared one in the first stage has no hand in the second, nor in the grant."""

    def conflicted(self) -> tuple[Season, str, str]:
        """The second juror, who is also a chair, an officer and finance, declared a conflict with the first of two letters."""
        season = Season()
        roles = (Role.JUROR, Role.CHAIR, Role.OFFICER, Role.FINANCE)
        season.world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=SECOND_JUROR, roles=roles))
        first, second = season.apply(ARTIST), season.apply(OTHER_ARTIST)
        season.close()
        season.judge(first, JUROR, art=8, need=3)
        season.judge(second, JUROR, art=8, need=3)
        review = season.do(OFFICER, AssignReview(application=first, juror=SECOND_JUROR))
        season.do(SECOND_JUROR, DeclareConflict(review=review, reason="friendship"))
        return season, first, second

    def to_the_panel(self, season: Season, application: str) -> str:
        """The second stage up to its closed panel, which awards the application."""
        season.round = season.open()
        artist = season.world.state(APPLICATIONS, application).applicant
        season.do(artist, going_on(application))
        season.close()
        season.judge(application, JUROR, craft=9)
        panel = season.do(OFFICER, OpenPanel(round=season.round))
        award: Any = {"outcome": "award", "reason": "quality", "amount": euros("500.00")}
        season.do(CHAIR, SetPanelOutcome(panel=panel, application=application, **award))
        season.do(CHAIR, ClosePanel(panel=panel))
        return panel

    def test_exclude_from_confirming_a_later_panel_on_the_application(self) -> None:
        season, first, second = self.conflicted()
        season.decide(first=(first, "invite"), second=(second, "decline"))
        panel = self.to_the_panel(season, first)
        refusal = (
            Forbidden,
            "You declared a conflict of interest with an application of this round, so somebody else must confirm the panel.",
        )
        assert season.turned_down(SECOND_JUROR, ConfirmPanel(panel=panel)) == refusal
        assert season.turned_down(SECOND_JUROR, ReturnPanel(panel=panel, reason="procedure")) == refusal

    def test_do_not_exclude_from_a_later_panel_that_the_application_did_not_reach(self) -> None:
        season, first, second = self.conflicted()
        season.decide(first=(first, "decline"), second=(second, "invite"))
        panel = self.to_the_panel(season, second)
        assert season.do(SECOND_JUROR, ConfirmPanel(panel=panel))

    def test_exclude_from_the_grant(self) -> None:
        season, first, second = self.conflicted()
        season.decide(first=(first, "invite"), second=(second, "decline"))
        panel = self.to_the_panel(season, first)
        season.do(OFFICER, ConfirmPanel(panel=panel))
        season.do(OFFICER, AnnouncePanel(panel=panel))
        season.world.given(
            FUND,
            FundOpened(
                fund=FUND, initiative=INITIATIVE, name="Invented Fund", currency="EUR", basis="pledged"
            ),
            FundPledged(
                fund=FUND,
                pledge=numbered("pledge", 1),
                funder=FUNDER,
                name=None,
                amount=1_000_000,
                restriction=None,
            ),
        )
        offer = OfferGrant(application=first, respond_by=season.now + 20 * DAY)
        conflicted = (Forbidden, "You declared a conflict of interest with this application.")
        assert season.turned_down(SECOND_JUROR, offer) == conflicted
        grant = season.do(OFFICER, offer)
        season.do(ARTIST, AcceptGrant(grant=grant))
        assert season.turned_down(SECOND_JUROR, ConfirmGrantPayee(grant=grant, setting=1)) == conflicted
