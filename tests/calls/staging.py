"""A call of two stages in memory: a letter, judged blind, and a project, to which the best are invited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.calls.facts import CallPublished
from domain.commands.announcing import AnnouncePanel
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.applications.submitting import ContinueApplication, SubmitApplication
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, SetPanelOutcome
from domain.commands.reviews import AssignReview, DeclareNoConflict, SubmitReview
from domain.commands.rounds import CloseRound, OpenRound
from domain.forms import Criterion, Form, Question, Rubric
from domain.panels.facts import PanelOutcome
from domain.stages import Blindness, Stage
from tests.driving import World
from tests.scene import (
    ARTIST,
    CALL,
    CHAIR,
    CLOSES,
    FORM,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    RUBRIC,
    drafted,
    euros,
    peopled,
)

DAY = timedelta(days=1)

START = CLOSES - 10 * DAY


def staged(blindness: Blindness = "double") -> tuple[Stage, ...]:
    project = Form(questions=(Question(id="plan", kind="long_text", label={"en": "Plan"}),))
    craft = Rubric(criteria=(Criterion(id="craft", label={"en": "Craft"}, scale=10),))
    return (
        Stage(id="letter", title={"en": "Letter"}, form=FORM, rubric=RUBRIC, quorum=1),
        Stage(
            id="project", title={"en": "Project"}, form=project, rubric=craft, quorum=1, blindness=blindness
        ),
    )


class Season:
    """The call from its publication on, a day at a time."""

    def __init__(self, blindness: Blindness = "double") -> None:
        self.world: World = peopled()
        call = msgspec.structs.replace(drafted(), stages=staged(blindness))
        self.world.given(CALL, call, CallPublished(call=CALL))
        self.now = START
        self.round = self.open()

    def do(self, actor: str, command: Any) -> str:
        return self.world.run(command, actor, self.now).answers

    def turned_down(self, actor: str, command: Any) -> Any:
        return self.world.turned_down(command, actor, self.now)

    def open(self) -> str:
        closes = (self.now + 2 * DAY).replace(tzinfo=None)
        return self.do(OFFICER, OpenRound(call=CALL, closes_at=closes))

    def apply(self, artist: str) -> str:
        return self.do(
            artist,
            SubmitApplication(
                call=CALL,
                round=self.round,
                title="Letter",
                requested=euros("500.00"),
                answers={"work": "A song about snow", "home": "Nowhere"},
            ),
        )

    def close(self) -> None:
        self.now += 3 * DAY
        self.do(OFFICER, CloseRound(round=self.round))

    def judge(self, application: str, juror: str, **scores: int) -> str:
        self.do(OFFICER, FindApplicationEligible(application=application))
        review = self.do(OFFICER, AssignReview(application=application, juror=juror))
        self.do(juror, DeclareNoConflict(review=review))
        return self.do(juror, SubmitReview(review=review, scores=dict(scores)))

    def decide(self, **outcomes: tuple[str, PanelOutcome]) -> str:
        panel = self.do(OFFICER, OpenPanel(round=self.round))
        for application, outcome in outcomes.values():
            reason: Any = {"decline": "not_selected", "award": "quality"}.get(outcome)
            amount = euros("500.00") if outcome == "award" else None
            self.do(
                CHAIR,
                SetPanelOutcome(
                    panel=panel, application=application, outcome=outcome, reason=reason, amount=amount
                ),
            )
        self.do(CHAIR, ClosePanel(panel=panel))
        self.do(OFFICER, ConfirmPanel(panel=panel))
        self.do(OFFICER, AnnouncePanel(panel=panel))
        return panel

    def first_stage(self) -> tuple[str, str]:
        """Two apply; the first is invited, the second declined."""
        first, second = self.apply(ARTIST), self.apply(OTHER_ARTIST)
        self.close()
        self.judge(first, JUROR, art=8, need=3)
        self.judge(second, JUROR, art=2, need=1)
        self.decide(first=(first, "invite"), second=(second, "decline"))
        return first, second

    def status(self, application: str) -> ApplicationStatus | None:
        return self.world.state(APPLICATIONS, application).status


def going_on(application: str) -> ContinueApplication:
    return ContinueApplication(
        application=application,
        title="Project",
        requested=euros("600.00"),
        answers={"plan": "Twelve evenings"},
    )
