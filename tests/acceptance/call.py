"""The rehearsal's call, as JSON has it: of one stage, or of two, a letter and a project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.people import money
from tests.acceptance.giving import FileGrant

SCALE: Final = 10


@dataclass(frozen=True, slots=True)
class Judging:
    """How applications are judged in a stage: the criteria, and how many jurors score each application."""

    criteria: tuple[str, ...]
    quorum: int


LETTER: Final = Judging(("promise",), 2)
PROJECT: Final = Judging(("merit", "need", "feasibility"), 3)
ONE_STAGE: Final = (PROJECT,)
TWO_STAGES: Final = (LETTER, PROJECT)


def call_of(
    fund: str, currency: str, grants: Sequence[FileGrant], stages: tuple[Judging, ...]
) -> dict[str, Any]:
    """The body that drafts a call which can award all these grants."""
    # Some asked for more than any award, and a call takes no application beyond what it awards.
    sums = [amount for grant in grants for amount in (grant.awarded, grant.requested)]
    drafted = [_stage("project", "Project", _PROJECT_FORM, PROJECT)]
    if stages == TWO_STAGES:
        drafted.insert(0, _stage("letter", "Letter", _LETTER_FORM, LETTER))
    return {
        "fund": fund,
        "title": {"en": f"Rehearsal call in {currency}"},
        "summary": {"en": "Real grants of a funder's published file go through the whole main job."},
        "stages": drafted,
        "budget": money(max(sum(grant.awarded for grant in grants), *sums), currency),
        "minimum_award": money(min(sums), currency),
        "maximum_award": money(max(sums), currency),
        "time_zone": "UTC",
    }


def _stage(name: str, title: str, questions: list[dict[str, Any]], judging: Judging) -> dict[str, Any]:
    return {
        "id": name,
        "title": {"en": title},
        "form": {"questions": questions},
        "rubric": {
            "criteria": [
                {"id": each, "label": {"en": each.title()}, "scale": SCALE, "weight": weight}
                for weight, each in enumerate(judging.criteria, 1)
            ]
        },
        "quorum": judging.quorum,
    }


_LETTER_FORM: Final[list[dict[str, Any]]] = [
    {"id": "idea", "kind": "long_text", "label": {"en": "What do you have in mind?"}},
]
_PROJECT_FORM: Final[list[dict[str, Any]]] = [
    {"id": "description", "kind": "long_text", "label": {"en": "What is it about?"}},
    {"id": "programme", "kind": "text", "label": {"en": "Under which programme?"}, "required": False},
    {"id": "begins", "kind": "date", "label": {"en": "When does it begin?"}},
    {
        "id": "from_open_call",
        "kind": "yes_no",
        "label": {"en": "Did it come from an open call?"},
        "required": False,
    },
    {"id": "budget", "kind": "budget", "label": {"en": "What is the money for?"}},
]
