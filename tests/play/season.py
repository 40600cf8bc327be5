"""An initiative, its people, their organisations and one call of one or two stages, in which random play happens.

A `Season` knows what it was told: which applications were taken in, by which round, for which sum. What it tries may be
refused; then nothing has happened.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from domain.applications.state import ApplicationStatus
from domain.forms import Criterion, Form, Question, Rubric
from domain.parties import is_organisation
from domain.rounds.state import RoundStatus
from domain.stages import StageDraft
from domain.values import Money, Role
from tests.play.installation import Installation

ROLES = {
    "officer": (Role.OFFICER,),
    "second_officer": (Role.OFFICER,),
    "chair": (Role.CHAIR,),
    "second_chair": (Role.CHAIR,),
    "juror": (Role.JUROR,),
    "second_juror": (Role.JUROR,),
    "finance": (Role.FINANCE,),
    "second_finance": (Role.FINANCE,),
    "approver": (Role.APPROVER,),
    "second_approver": (Role.APPROVER,),
    "both": (Role.FINANCE, Role.APPROVER),
}
OFFICERS, CHAIRS = ("officer", "second_officer"), ("chair", "second_chair")
JURORS = ("juror", "second_juror")
ARTISTS = ("first_artist", "second_artist", "third_artist")
BUDGET = 400_000
"""What the call awards at most, in cents; each application asks for a little more than 50,000."""
RECEIVED = 125_000
"""What is in the fund: not enough for three."""


def eur(cents: int) -> Money:
    """An amount of cents, as it is written at the edges."""
    return Money.of(cents, "EUR")


class Season:
    """The call from its publication on. `people` are by their names here, `taken_in` are the applications that each round took
    in, and `asked` is what each application asked for last."""

    def __init__(
        self, installation: Installation, administrator: str, stages: tuple[str, ...] = ("letter", "project")
    ) -> None:
        self.installation = installation
        self.stages = stages
        self.people: dict[str, str] = {name: installation.person() for name in (*ROLES, *ARTISTS)}
        self.organisations: list[str] = []
        self.taken_in: defaultdict[str, set[str]] = defaultdict(set)
        self.asked: dict[str, int] = {}
        self.reviews: dict[str, str] = {}
        self.panel = ""
        self._sum = 50_000
        self.initiative = self.run("initiative.found", administrator, name="Example Initiative")
        installation.initiative = self.initiative
        for name, roles in ROLES.items():
            self.run(
                "initiative.add_member",
                administrator,
                initiative=self.initiative,
                person=self.people[name],
                roles=roles,
            )
        self._open_call(installation, administrator)

    def _open_call(self, installation: Installation, administrator: str) -> None:
        house = {"initiative": self.initiative}
        self.run(
            "initiative.add_member",
            administrator,
            **house,
            person=administrator,
            roles=(Role.ADMINISTRATOR, Role.FUNDER),
        )
        self.fund = self.run("fund.open", "officer", **house, name="Winter fund", currency="EUR")
        self.run(
            "fund.pledge", administrator, fund=self.fund, funder=administrator, amount=eur(10 * RECEIVED)
        )
        (self.pledge,) = installation.state(self.fund).pledges
        received = {"amount": eur(RECEIVED), "received_on": date(2026, 2, 1)}
        self.run("fund.receive", "finance", fund=self.fund, pledge=self.pledge, **received)
        self.call = self.run(
            "call.draft",
            "officer",
            fund=self.fund,
            title={"en": "Winter call"},
            summary={"en": "Work in exile"},
            stages=tuple(
                StageDraft(
                    id=name,
                    title={"en": name.title()},
                    form=Form(questions=(Question(id="idea", kind="text", label={"en": "Idea"}),)),
                    rubric=Rubric(criteria=(Criterion(id="art", label={"en": "Art"}),)),
                    quorum=1,
                )
                for name in self.stages
            ),
            budget=eur(BUDGET),
            minimum_award=eur(1),
            maximum_award=eur(BUDGET),
            time_zone="UTC",
        )
        self.run("call.publish", "officer", call=self.call)
        self.rounds = [self.run("round.open", "officer", call=self.call, closes_at=self.in_days(10))]

    # Telling

    @property
    def round(self) -> str:
        """The round of the present stage."""
        return self.rounds[-1]

    @property
    def stage(self) -> int:
        """The present stage, from 1."""
        return len(self.rounds)

    @property
    def in_last_stage(self) -> bool:
        """Whether the present stage's panel makes awards."""
        return self.stage == len(self.stages)

    def in_days(self, days: float) -> datetime:
        """A time on the clocks of the call."""
        return (self.installation.now + timedelta(days=days)).replace(tzinfo=None, microsecond=0)

    def status(self, application: str) -> ApplicationStatus:
        """Where an application stands."""
        status: ApplicationStatus = self.installation.state(application).status
        return status

    @property
    def round_status(self) -> RoundStatus:
        """Where the present round stands."""
        status: RoundStatus = self.installation.state(self.round).status
        return status

    def in_round(self) -> list[str]:
        """The applications that the present round took in, in the order in which they were submitted: their ids are random."""
        return [application for application in self.asked if application in self.taken_in[self.round]]

    def acting(self, party: str, choice: int = 0) -> str:
        """Somebody who acts for a party."""
        if not is_organisation(party):
            return party
        members = self.installation.state(party).members
        acting = [person for person in self.people.values() if person in members]
        return acting[choice % len(acting)]

    # Trying

    def run(self, command: str, who: str, /, **fields: Any) -> str:
        """Run a command as somebody by their name here, or by their id; returns the stream that it is about."""
        return self.installation.run(command, self.people.get(who, who), **fields)

    def tried(self, command: str, who: str, /, **fields: Any) -> str | None:
        """The same; None if it was refused."""
        return self.installation.tried(command, self.people.get(who, who), **fields)

    def written(self) -> tuple[int, dict[str, Any]]:
        """A text with a sum that no other has, and this sum."""
        self._sum += 100
        text = {"title": "Invented Work", "requested": eur(self._sum), "answers": {"idea": "A song"}}
        return self._sum, text

    def submit(self, who: str, party: str | None = None) -> str | None:
        """Somebody applies, for themself or for an organisation."""
        asked, text = self.written()
        made = self.tried(
            "application.submit", who, call=self.call, round=self.rounds[0], applicant=party, **text
        )
        if made is not None:
            self.taken_in[self.rounds[0]].add(made)
            self.asked[made] = asked
        return made

    def rewrite(self, command: str, who: str, application: str) -> bool:
        """Somebody changes, resubmits or continues an application."""
        asked, text = self.written()
        if self.tried(command, who, application=application, **text) is None:
            return False
        self.asked[application] = asked
        if command == "application.continue":
            self.taken_in[self.round].add(application)
        return True

    def by_one_of(self, people: tuple[str, ...], command: str, **fields: Any) -> str | None:
        """The first of some people who may do it, does it."""
        for who in people:
            if (done := self.tried(command, who, **fields)) is not None:
                return done
        return None

    def finish_intake(self) -> None:
        """Everybody's time passes, and the round closes."""
        due = self.installation.state(self.round).closing_at
        self.installation.wait(max(due - self.installation.now, timedelta()) + timedelta(minutes=1))

    def examine(self) -> None:
        """Every application that waits to be examined is found eligible."""
        for application in self.in_round():
            if self.status(application) in (ApplicationStatus.SUBMITTED, ApplicationStatus.RETURNED):
                self.by_one_of(OFFICERS, "application.find_eligible", application=application)

    def ask(self, application: str, juror: str) -> None:
        """A juror is asked to judge."""
        fields = {"application": application, "juror": self.people[juror]}
        if (review := self.by_one_of(OFFICERS, "review.assign", **fields)) is not None:
            self.reviews[review] = juror

    def judge(self, review: str, points: int) -> None:
        """A juror who was asked declares to have no conflict, and judges."""
        juror = self.reviews[review]
        self.tried("review.declare_no_conflict", juror, review=review)
        self.tried("review.submit", juror, review=review, scores={"art": points})

    def open_panel(self) -> None:
        """The round closes, what is left is examined and judged, and the panel opens, if it may."""
        self.finish_intake()
        self.examine()
        for application in self.in_round():
            if self.status(application) is ApplicationStatus.ELIGIBLE:
                for juror in JURORS:
                    self.ask(application, juror)
        for review in self.reviews:
            self.judge(review, 7)
        self.panel = self.by_one_of(OFFICERS, "panel.open", round=self.round) or ""

    def set_outcome(self, application: str, choice: int) -> None:
        """The jury decides on an application: it goes on or is awarded, is declined, or waits."""
        fields: dict[str, Any] = {"outcome": "decline", "reason": "not_selected"}
        amount = eur(self.asked[application])
        if choice % 4 and not self.in_last_stage:
            fields = {"outcome": "invite"}
        elif choice % 4 == 3:
            outcomes = self.installation.state(self.panel).outcomes()
            before = [each for each in outcomes.values() if each.outcome == "waitlist"]
            fields = {"outcome": "waitlist", "amount": amount, "rank": 1 + len(before)}
        elif choice % 4:
            fields = {"outcome": "award", "amount": amount, "reason": "quality"}
        self.by_one_of(CHAIRS, "panel.set_outcome", panel=self.panel, application=application, **fields)

    def decide(self, choices: list[int]) -> None:
        """Every application that has no outcome yet gets one, and the results are confirmed and announced, if they may be."""
        decided = self.installation.state(self.panel).outcomes()
        for number, application in enumerate(self.in_round()):
            if application not in decided:
                self.set_outcome(application, choices[number % len(choices)])
        self.by_one_of(CHAIRS, "panel.close", panel=self.panel)
        self.by_one_of((*OFFICERS, *CHAIRS), "panel.confirm", panel=self.panel)
        self.by_one_of(OFFICERS, "panel.announce", panel=self.panel)

    def open_next_stage(self) -> bool:
        """The round of the second stage opens, once the first is decided."""
        opened = self.tried("round.open", "officer", call=self.call, closes_at=self.in_days(10))
        if opened is not None:
            self.rounds.append(opened)
            self.panel = ""
        return opened is not None

    def offer(self, application: str) -> str | None:
        """A grant is offered."""
        respond_by = self.installation.now + timedelta(days=20)
        return self.by_one_of(OFFICERS, "grant.offer", application=application, respond_by=respond_by)

    def grant(self, grant: str) -> Any:
        """The state of a grant."""
        return self.installation.state(grant)
