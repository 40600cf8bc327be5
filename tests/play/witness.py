"""What must hold of every fact as it was recorded, whatever the rules that let it through say.

A witness counts by itself who acts for whom, who applied in which round, and which juror judges what.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationContinued,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationInvited,
    ApplicationPromoted,
    ApplicationReturned,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    ApplicationWritten,
)
from domain.deciding import Fact
from domain.panels.facts import (
    PanelAnnounced,
    PanelClosed,
    PanelConfirmed,
    PanelOpened,
    PanelOutcomeSet,
    PanelReturned,
)
from domain.reviews.facts import ReviewAssigned, ReviewChanged, ReviewCleared, ReviewSubmitted
from domain.rounds.facts import RoundClosed, RoundDeadlineExtended, RoundLateAccessGranted
from domain.values import SYSTEM
from history.documents import Recorded
from tests.play.installation import Installation
from tests.ties import Ties


@dataclass
class Witness:
    """The first `seen` facts of the log, and what follows from them. `closings` are the rounds that closed, each with the applications
    that its fact names; `asked` is what each application asked for last; `told` counts the facts by their names."""

    seen: int = 0
    ties: Ties = field(default_factory=Ties)
    applicants: dict[str, str] = field(default_factory=dict)
    received: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    rounds: dict[str, str] = field(default_factory=dict)
    panels: dict[str, str] = field(default_factory=dict)
    reviews: dict[str, ReviewAssigned] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    closings: list[RoundClosed] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    def read(self, installation: Installation) -> None:
        """Look at every fact that was recorded since. Raises `AssertionError` at the first that should not be."""
        installation.catch_up()
        for _, recorded in installation.log[self.seen :]:
            self.seen += 1
            self.told[type(recorded.fact).__name__] += 1
            self.ties.count(recorded.fact)
            self._look(recorded)

    def _look(self, recorded: Recorded) -> None:
        fact, actor = recorded.fact, recorded.envelope.actor
        if isinstance(fact, ApplicationWritten):
            assert self.ties.acts_for(actor, fact.applicant), (
                "written by one who does not act for the applicant"
            )
            self.applicants[fact.application] = fact.applicant
            self.asked[fact.application] = fact.requested
        match fact:
            case ApplicationSubmitted() | ApplicationContinued():
                self.received[fact.round].add(fact.application)
                self.rounds[fact.application] = fact.round
            case ApplicationWithdrawn():
                assert self.ties.acts_for(actor, self.applicants[fact.application])
            case RoundClosed():
                assert set(fact.applications) == self.received[fact.round], (
                    "a closing left one out, or added one"
                )
                self.closings.append(fact)
            case PanelOpened():
                self.panels[fact.panel] = fact.round
            case ApplicationAwarded() | ApplicationInvited() | ApplicationPromoted():
                self.told["to organisation"] += self.applicants[fact.application].startswith("organisation-")
            case _:
                pass
        self._impartial(fact, actor)

    def _impartial(self, fact: Fact, actor: str) -> None:
        """Nobody decides on what they, or a party that they act or acted for, applied for."""
        match fact:
            case ApplicationFoundEligible() | ApplicationFoundIneligible() | ApplicationReturned():
                self._not_in_round(actor, self.rounds[fact.application], "examined")
            case ReviewAssigned():
                self.reviews[fact.review] = fact
                self._not_in_round(actor, fact.round, "chose jurors")
                self._not_in_round(fact.juror, fact.round, "was asked to judge")
            case ReviewCleared() | ReviewSubmitted() | ReviewChanged():
                review = self.reviews[fact.review]
                assert actor == review.juror
                self._not_in_round(actor, review.round, "judged")
            case PanelOpened() | PanelOutcomeSet() | PanelClosed() | PanelReturned() | PanelConfirmed():
                self._not_in_round(actor, self.panels[fact.panel], "decided")
            case PanelAnnounced():
                self._not_in_round(actor, self.panels[fact.panel], "announced")
            case RoundDeadlineExtended():
                self._not_in_round(actor, fact.round, "gave more time")
            case RoundLateAccessGranted():
                self._not_in_round(actor, fact.round, "gave more time")
                assert not self.ties.tied(actor, fact.applicant), "gave themself more time"
            case _:
                pass

    def _not_in_round(self, actor: str, round: str, what: str) -> None:
        if actor != SYSTEM:
            tied = [each for each in self.received[round] if self.ties.tied(actor, self.applicants[each])]
            assert not tied, f"somebody {what} in a round in which they applied, or act for one who did"
