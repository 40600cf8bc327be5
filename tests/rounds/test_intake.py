"""Random play with the intake of a round: whatever applicants, staff and time do, no application vanishes or appears.

A model beside the world notes who submitted and what each wrote last; at every closing, and before every panel, the two
are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.applications.facts import ApplicationWritten
from domain.applications.state import APPLICATION, ApplicationStatus
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible, FindApplicationIneligible
from domain.commands.applications.returning import ResubmitApplication, ReturnApplication
from domain.commands.applications.submitting import ChangeApplication, SubmitApplication
from domain.commands.panels import OpenPanel
from domain.commands.rounds import ExtendRound, GrantLateAccess
from domain.deciding import Command
from domain.due_dates import set_by
from domain.refusals import CommandRejected
from domain.rounds.facts import RoundClosed
from domain.rounds.state import ROUND as ROUNDS
from domain.rounds.state import RoundStatus
from tests.driving import NOON, World, person
from tests.scene import CALL, OFFICER, ROUND, calling, euros, registered

ARTISTS: Final = tuple(person(200 + number) for number in range(4))
HOURS: Final = st.integers(1, 24 * 20)


class Intake(RuleBasedStateMachine):
    """One round. `written` is the model: each application with its artist and the title that was written last."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World = calling(quorum=1)
        self.now: datetime = NOON
        self.written: dict[str, tuple[str, str]] = {}
        self.titles = 0

    @initialize()
    def begin(self) -> None:
        """A call with an open round, and artists."""
        for artist in ARTISTS:
            self.world.given(artist, registered(artist))
        self.world.due.clear()
        fact = self.world.facts(ROUND)[0]
        due = set_by(fact)
        assert due is not None
        self.world.due[due.key] = due

    def tried(self, command: Command, actor: str) -> str | None:
        """Try it; the stream that it is about, None if it was refused."""
        try:
            return self.world.run(command, actor, self.now).answers
        except CommandRejected:
            return None

    def text(self) -> dict[str, Any]:
        """A title that nobody wrote before."""
        self.titles += 1
        return {
            "title": f"Work {self.titles}",
            "requested": euros("500.00"),
            "answers": {"work": "A song about snow"},
        }

    def one(self, choice: int) -> tuple[str, str] | None:
        """One of the applications and its artist."""
        if not self.written:
            return None
        application = sorted(self.written)[choice % len(self.written)]
        return application, self.written[application][0]

    @rule(choice=st.integers(0, 3))
    def submit(self, choice: int) -> None:
        """Somebody applies."""
        text = self.text()
        made = self.tried(SubmitApplication(call=CALL, round=ROUND, **text), ARTISTS[choice])
        if made is not None:
            self.written[made] = (ARTISTS[choice], text["title"])

    def _anew(self, kind: Callable[..., Command], choice: int) -> None:
        if (found := self.one(choice)) is None:
            return
        application, artist = found
        text = self.text()
        if self.tried(kind(application=application, **text), artist) is not None:
            self.written[application] = (artist, text["title"])

    @rule(choice=st.integers(0, 9))
    def change(self, choice: int) -> None:
        """An artist changes one."""
        self._anew(ChangeApplication, choice)

    @rule(choice=st.integers(0, 9))
    def resubmit(self, choice: int) -> None:
        """An artist answers what was asked, if anything was."""
        self._anew(ResubmitApplication, choice)

    @rule(choice=st.integers(0, 9), hours=HOURS)
    def give_back(self, choice: int, hours: int) -> None:
        """Staff return one with questions."""
        if (found := self.one(choice)) is not None:
            by = (self.now + timedelta(hours=hours)).replace(tzinfo=None)
            command = ReturnApplication(application=found[0], questions="Why?", resubmit_by=by)
            self.tried(command, OFFICER)

    @rule(choice=st.integers(0, 9), eligible=st.booleans())
    def examine(self, choice: int, *, eligible: bool) -> None:
        """Staff examine one."""
        if (found := self.one(choice)) is not None:
            self.tried(
                FindApplicationEligible(application=found[0])
                if eligible
                else FindApplicationIneligible(application=found[0], reason="other"),
                OFFICER,
            )

    @rule(choice=st.integers(0, 9))
    def withdraw(self, choice: int) -> None:
        """An artist takes one back; it was received all the same."""
        if (found := self.one(choice)) is not None:
            self.tried(WithdrawApplication(application=found[0], reason="other"), found[1])

    @rule(hours=HOURS)
    def wait(self, hours: int) -> None:
        """Time passes, and what is due is done."""
        self.now += timedelta(hours=hours)
        self.world.pass_time(self.now)

    @rule(hours=HOURS)
    def extend(self, hours: int) -> None:
        """Staff put the deadline off, also of a round that closed."""
        closes_at = (self.now + timedelta(hours=hours)).replace(tzinfo=None)
        self.tried(ExtendRound(round=ROUND, closes_at=closes_at, reason="events"), OFFICER)

    @rule(choice=st.integers(0, 3), hours=HOURS)
    def let_in_late(self, choice: int, hours: int) -> None:
        """Staff let one artist in late, also once the round closed."""
        until = (self.now + timedelta(hours=hours)).replace(tzinfo=None)
        self.tried(
            GrantLateAccess(round=ROUND, applicant=ARTISTS[choice], until=until, reason="illness"), OFFICER
        )

    @invariant()
    def an_open_round_is_due_to_close_when_everybody_s_time_has_passed(self) -> None:
        """The closing moves with every extension and late access."""
        round = self.world.state(ROUNDS, ROUND)
        due = self.world.due.get(f"close {ROUND}")
        assert (due is not None) == (round.status is RoundStatus.OPEN)
        if due is not None:
            assert due.at == round.closing_at

    @rule()
    def open_panel(self) -> None:
        """Staff try; it is refused while one is returned or not examined."""
        waiting = {ApplicationStatus.SUBMITTED, ApplicationStatus.RETURNED}
        states = {self.world.state(APPLICATION, each).status for each in self.written}
        if self.tried(OpenPanel(round=ROUND), OFFICER) is not None:
            assert waiting.isdisjoint(states)

    @invariant()
    def what_was_written_last_stands(self) -> None:
        """Each application holds what its artist wrote last, and all that was written before."""
        for application, (_, title) in self.written.items():
            texts = [fact for fact in self.world.facts(application) if isinstance(fact, ApplicationWritten)]
            assert texts[-1].title == title

    @invariant()
    def a_closing_records_all_that_were_submitted(self) -> None:
        """The set at closing is the set of those submitted or changed."""
        round = self.world.state(ROUNDS, ROUND)
        if round.status is not RoundStatus.OPEN:
            assert set(round.applications) == set(self.written)
            closings = [fact for fact in self.world.facts(ROUND) if isinstance(fact, RoundClosed)]
            assert closings[-1].applications == tuple(sorted(self.written))

    @invariant()
    def nobody_waits_for_ever(self) -> None:
        """A returned application has a due date, and no other has."""
        for application in self.written:
            returned = self.world.state(APPLICATION, application).status is ApplicationStatus.RETURNED
            assert (f"resubmit {application}" in self.world.due) == returned


Intake.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True, database=None
)
TestIntake = Intake.TestCase
