"""A call of two stages: a letter, judged blind, and a project, to which the best are invited."""

from __future__ import annotations

import pytest

from domain.applications.facts import ApplicationContinued, ApplicationInvitationLapsed, ApplicationInvited
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.calls import CancelCall
from domain.commands.panels import OpenPanel, SetPanelOutcome
from domain.commands.rounds import ExtendRound, OpenRound
from domain.indexes import applications_of
from domain.refusals import Invalid, NotFound, Refused
from domain.rounds.facts import RoundClosed
from domain.rounds.state import ROUND as ROUNDS
from domain.rounds.state import RoundStatus
from tests.calls.staging import DAY, START, Season, going_on
from tests.scene import (
    ARTIST,
    CALL,
    CHAIR,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    euros,
)


class TestTheWholeJourney:
    def test_who_is_invited_answers_the_next_form_is_judged_by_its_rubric_and_awarded(self) -> None:
        season = Season()
        first, second = season.first_stage()
        letter = season.round
        assert (season.status(first), season.status(second)) == (
            ApplicationStatus.INVITED,
            ApplicationStatus.DECLINED,
        )
        assert [fact for fact in season.world.facts(first) if isinstance(fact, ApplicationInvited)]
        assert season.turned_down(ARTIST, going_on(first)) == (
            Refused,
            "The next stage is not open yet; you can answer its form as soon as it is.",
        )
        project = season.round = season.open()
        season.do(ARTIST, going_on(first))
        fact = season.world.facts(first)[-1]
        assert isinstance(fact, ApplicationContinued)
        assert (fact.stage, fact.round, fact.form_version, fact.answers) == (
            "project",
            project,
            1,
            {"plan": "Twelve evenings"},
        )
        state = season.world.state(APPLICATIONS, first)
        assert (state.round, state.stage, state.earlier, state.requested) == (
            project,
            "project",
            (letter,),
            60_000,
        )
        season.close()
        closed = season.world.facts(project)[-1]
        assert closed == RoundClosed(round=project, applications=(first,))
        season.judge(first, JUROR, craft=9)
        season.decide(first=(first, "award"))
        assert season.status(first) is ApplicationStatus.AWARDED
        assert season.world.state(ROUNDS, project).status is RoundStatus.DECIDED
        assert season.world.indexes[applications_of(letter)] == {first, second}

    def test_who_does_not_answer_in_time_is_told_so_and_may_still_if_the_round_opens_again(self) -> None:
        season = Season()
        first, _ = season.first_stage()
        season.round = season.open()
        season.close()
        assert season.world.facts(first)[-1] == ApplicationInvitationLapsed(
            application=first, round=season.round
        )
        assert season.status(first) is ApplicationStatus.LAPSED
        assert season.turned_down(ARTIST, going_on(first))[0] is Refused
        longer = (season.now + 2 * DAY).replace(tzinfo=None)
        season.do(OFFICER, ExtendRound(round=season.round, closes_at=longer, reason="technical_trouble"))
        season.do(ARTIST, going_on(first))
        assert season.status(first) is ApplicationStatus.SUBMITTED

    def test_the_next_stage_takes_only_those_who_were_invited(self) -> None:
        season = Season()
        first, second = season.first_stage()
        season.round = season.open()
        assert season.turned_down(OTHER_ARTIST, going_on(second)) == (
            Refused,
            (
                "Only an application that was invited to the next stage can continue to it; this one "
                "is declined."
            ),
        )
        assert season.turned_down(OTHER_ARTIST, going_on(first))[0] is NotFound
        with pytest.raises(Refused, match="This stage is open only to applications that were invited to it"):
            season.apply(OTHER_ARTIST)

    def test_an_invited_application_can_be_withdrawn_and_ends_with_its_call(self) -> None:
        season = Season()
        first, _ = season.first_stage()
        season.do(ARTIST, WithdrawApplication(application=first, reason="safety"))
        assert season.status(first) is ApplicationStatus.WITHDRAWN
        season = Season()
        first, second = season.first_stage()
        season.do(OFFICER, CancelCall(call=CALL, reason="events"))
        assert (season.status(first), season.status(second)) == (
            ApplicationStatus.CANCELLED,
            ApplicationStatus.DECLINED,
        )
        assert season.world.state(ROUNDS, season.round).status is RoundStatus.DECIDED


class TestTheRounds:
    def test_open_one_after_another(self) -> None:
        season = Season()
        command = OpenRound(call=CALL, closes_at=(START + DAY).replace(tzinfo=None))
        assert season.turned_down(OFFICER, command) == (
            Refused,
            "The stage before is not decided yet; announce the results of its panel first.",
        )
        season.first_stage()
        season.open()
        command = OpenRound(call=CALL, closes_at=(season.now + DAY).replace(tzinfo=None))
        assert season.turned_down(OFFICER, command) == (
            Refused,
            "Every stage of this call has its round; draft another call to accept applications again.",
        )


class TestThePanel:
    def test_invites_before_the_last_stage_and_awards_in_it(self) -> None:
        season = Season()
        first = season.apply(ARTIST)
        season.close()
        season.judge(first, JUROR, art=8, need=3)
        panel = season.do(OFFICER, OpenPanel(round=season.round))
        award = SetPanelOutcome(panel=panel, application=first, outcome="award", amount=euros("500.00"))
        waiting = SetPanelOutcome(panel=panel, application=first, outcome="waitlist", rank=1)
        for early in (award, waiting):
            assert season.turned_down(CHAIR, early) == (
                Invalid,
                {"outcome": "Awards are made in the last stage; here, invite to the next stage or decline."},
            )
        season = Season()
        first, _ = season.first_stage()
        season.round = season.open()
        season.do(ARTIST, going_on(first))
        season.close()
        season.judge(first, JUROR, craft=9)
        panel = season.do(OFFICER, OpenPanel(round=season.round))
        late = SetPanelOutcome(panel=panel, application=first, outcome="invite")
        assert season.turned_down(CHAIR, late) == (
            Invalid,
            {"outcome": "This is the last stage, so there is no next one to invite to."},
        )
