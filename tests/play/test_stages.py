"""Random play with a call of two stages, from the first application to the announced awards: whatever applicants, their
organisations, the staff, the jury and time do, no application vanishes or appears, and nobody decides on what is theirs."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from domain.applications.state import ApplicationStatus
from domain.rounds.state import RoundStatus
from tests.play.installation import Installation
from tests.play.machine import ANYBODY, CHOICES, Play, one, play
from tests.play.season import ARTISTS, JURORS, OFFICERS


class Stages(Play):
    """One call of two stages."""

    moves = (
        "apply",
        "apply",
        "change",
        *Play.moves,
        *["join_and_judge"] * 2,
        "change_as_another",
        "return_with_questions",
        "examine",
        "withdraw",
        "extend",
        "let_in_late",
        "ask",
        "judge",
        "set_outcome",
        "onward",
        "onward",
        "go_on",
        "go_on",
    )

    @initialize(
        steps=st.integers(0, 7), members=st.tuples(CHOICES, CHOICES), choices=st.tuples(*[CHOICES] * 4)
    )
    def begin(self, steps: int, members: tuple[int, int], choices: tuple[int, ...]) -> None:
        """Two artists applied, and two organisations, for which some of the staff may act; the season is so many large steps
        further."""
        for choice, member in enumerate(members):
            self.register_organisation(choice, 0)
            self.join_organisation(choice, member)
        for who in ARTISTS[:2]:
            self.season.submit(who)
        for organisation in self.season.organisations:
            self.season.submit(self.season.acting(organisation), organisation)
        for step in range(steps):
            self.witness.read(self.installation)
            if self.season.stage == 2 and self.is_open():
                for choice in choices[:2]:
                    self.go_on(choice, 0)
            self.onward(choices[step % 4], 1 + 2 * choices[0])

    def chosen(self, choice: int) -> str | None:
        """One of the applications."""
        return one(list(self.season.asked), choice) if self.season.asked else None

    def acting(self, application: str, choice: int) -> str:
        """Somebody who acts for the applicant."""
        return self.season.acting(self.witness.applicants[application], choice)

    def is_open(self) -> bool:
        """Whether the present round takes in applications."""
        return self.season.round_status is RoundStatus.OPEN

    # The intake of a round

    def apply(self, choice: int, party: int) -> None:
        """Somebody applies: an artist, a juror or an officer for themself, or somebody for an organisation."""
        if not self.is_open() or len(self.season.asked) > 7:
            return
        if party % 2 and self.season.organisations:
            organisation = one(self.season.organisations, party // 2)
            self.season.submit(self.season.acting(organisation, choice), organisation)
        else:
            self.season.submit(one((*ARTISTS, *JURORS[:1], *OFFICERS[:1]), choice))

    def change(self, choice: int, who: int) -> None:
        """Somebody who acts for the applicant changes an application."""
        if (application := self.chosen(choice)) is not None:
            self.season.rewrite("application.change", self.acting(application, who), application)

    def change_as_another(self, choice: int, stranger: int) -> None:
        """Anybody tries to change it, or to go on with it."""
        if (application := self.chosen(choice)) is not None:
            command = one(("application.change", "application.continue"), stranger)
            self.season.rewrite(command, one((*ARTISTS, *OFFICERS, *JURORS), stranger // 2), application)

    def return_with_questions(self, choice: int, days: int) -> None:
        """Staff return one with questions, and mostly it is submitted again."""
        if (application := self.chosen(choice)) is not None:
            self.season.by_one_of(
                OFFICERS,
                "application.return",
                application=application,
                questions="Why?",
                resubmit_by=self.season.in_days(1 + days % 12),
            )
            if days % 3:
                acting = self.acting(application, choice)
                self.season.rewrite("application.resubmit", acting, application)

    def examine(self, choice: int, how: int) -> None:
        """Staff examine one."""
        if (application := self.chosen(choice)) is not None:
            officer, fields = one(OFFICERS, how), {"application": application}
            if how % 3:
                self.season.tried("application.find_eligible", officer, **fields)
            else:
                self.season.tried("application.find_ineligible", officer, **fields, reason="other")

    def withdraw(self, choice: int, often: int) -> None:
        """An applicant takes one back; it was received all the same."""
        if often % 3 == 0 and (application := self.chosen(choice)) is not None:
            acting = self.acting(application, choice)
            self.season.tried("application.withdraw", acting, application=application, reason="other")

    def extend(self, choice: int, days: int) -> None:
        """Staff put the deadline off, also of a round that closed."""
        self.season.tried(
            "round.extend",
            one(OFFICERS, choice),
            round=self.season.round,
            closes_at=self.season.in_days(1 + days % 14),
            reason="events",
        )

    def let_in_late(self, choice: int, days: int) -> None:
        """Staff let one party in late, also once the round closed."""
        parties = (*(self.season.people[who] for who in (*ARTISTS, *OFFICERS)), *self.season.organisations)
        self.season.tried(
            "round.grant_late_access",
            one(OFFICERS, choice),
            round=self.season.round,
            applicant=one(parties, choice // 2),
            until=self.season.in_days(1 + days % 14),
            reason="illness",
        )

    # The reviews and the panel

    def ask(self, choice: int, juror: int) -> None:
        """A juror is asked to judge one."""
        if (application := self.chosen(choice)) is not None:
            self.season.ask(application, one(JURORS, juror))

    def judge(self, choice: int, points: int) -> None:
        """A juror judges what they were asked to."""
        if self.season.reviews:
            self.season.judge(one(list(self.season.reviews), choice), points % 11)

    def join_and_judge(self, choice: int, juror: int) -> None:
        """A juror is asked to judge all, begins to act for an organisation, and then judges."""
        if self.season.round_status is not RoundStatus.CLOSED or not self.season.organisations:
            return
        self.season.examine()
        who = one(JURORS, juror)
        for application in self.season.in_round():
            self.season.ask(application, who)
        self.join_organisation(choice, ANYBODY.index(who))
        for review, asked in self.season.reviews.items():
            if asked == who:
                self.season.judge(review, 7)

    def set_outcome(self, choice: int, outcome: int) -> None:
        """The jury decides on one."""
        if self.season.panel and (application := self.chosen(choice)) is not None:
            self.season.set_outcome(application, outcome)

    # Onward

    def onward(self, choice: int, other: int) -> None:
        """Often the next large step of the season, unless it may not be taken: the round closes, the panel opens, the jury decides,
        the second stage opens."""
        season = self.season
        if season.round_status is RoundStatus.IN_PANEL:
            season.decide([choice, other, choice + other])
        elif season.round_status is RoundStatus.OPEN:
            if other % 2 and season.taken_in[season.round]:
                season.finish_intake()
        elif season.round_status is RoundStatus.CLOSED:
            if other % 2:
                season.open_panel()
        elif season.stage == 1 and season.round_status is RoundStatus.DECIDED:
            season.open_next_stage()

    def go_on(self, choice: int, who: int) -> None:
        """An invited applicant answers the second stage's form."""
        invited = [
            application
            for application in self.season.asked
            if self.season.status(application) in (ApplicationStatus.INVITED, ApplicationStatus.LAPSED)
        ]
        if self.season.stage == 2 and invited:
            application = one(invited, choice)
            self.season.rewrite("application.continue", self.acting(application, who), application)


REACHED = {
    "ApplicationChanged",
    "ApplicationResubmitted",
    "ApplicationInvited",
    "ApplicationDeclined",
    "ApplicationContinued",
    "ApplicationInvitationLapsed",
    "ApplicationAwarded",
    "ApplicationWithdrawn",
    "OrganisationMemberAdded",
    "OrganisationMemberRemoved",
    "RoundDeadlineExtended",
    "RoundLateAccessGranted",
    "ReviewSubmitted",
    "PanelAnnounced",
    "to organisation",
}
"""What has to come about in the seasons: play in which nobody goes on to the second stage proves nothing about it."""


OFTEN = {
    "ApplicationInvited",
    "ApplicationContinued",
    "OrganisationMemberAdded",
    "ReviewSubmitted",
    "to organisation",
}
"""What comes about even in a few seasons."""


def test_nothing_that_people_do_in_two_stages_breaks_a_promise(installation: Installation) -> None:
    reached = play(Stages, installation, seasons=10, steps=60)
    assert {name for name in OFTEN if reached[name]} == OFTEN


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nothing_breaks_a_promise_in_many_seasons_of_two_stages(installation: Installation) -> None:
    reached = play(Stages, installation, seasons=100, steps=80)
    assert {name for name in REACHED if reached[name]} == REACHED
