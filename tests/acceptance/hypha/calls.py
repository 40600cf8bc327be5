"""Which calls Hypha's forms make: one of one stage from each application form, and one of two stages from each pair of
"part 1" and "part 2". Its review forms become the rubrics of the calls that bear the same name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from domain.forms import Criterion, Rubric
from domain.stages import Stage
from tests.acceptance.hypha.forms import Converted, slug

CURRENCY: Final = "EUR"
QUORUM: Final = 2
NO_RUBRIC: Final = "Hypha has no review form for it; the call has one criterion of its own, because a jury must score something."
PROJECT_FORM: Final = (
    "Hypha asks this after the award, where ours has a schedule and reports without a form; created as a call to prove that "
    "its questions fit."
)
NOTHING_LEFT: Final = "None of its fields is a question of ours, so there is no call to create."
_STAND_IN: Final = Rubric(criteria=(Criterion(id="merit", label={"en": "Merit"}, scale=5),))
_PART: Final = re.compile(r"(?P<before>.*?)\s*\bpart (?P<number>\d)\b(?P<after>.*)", re.IGNORECASE)
_OF_ROUND: Final = re.compile(r".*? for (?P<round>.+ \(.+\))\Z")


@dataclass
class MeantCall:
    """A call that is to be created. `of` are the forms of Hypha's that it was made from."""

    title: str
    of: tuple[Converted, ...]
    stages: tuple[Stage, ...]
    lost: list[tuple[str, str]] = field(default_factory=list)
    """What could not be kept of the forms as a whole, as (form, reason)."""

    def draft(self, fund: str) -> dict[str, Any]:  # Any: JSON
        """The body of the command that drafts it."""
        return {
            "fund": fund,
            "title": {"en": self.title},
            "summary": {"en": "Made from a form of Hypha's."},
            "stages": msgspec.to_builtins(self.stages),
            "budget": {"amount": "100000.00", "currency": CURRENCY},
            "minimum_award": {"amount": "0.00", "currency": CURRENCY},
            "maximum_award": {"amount": "50000.00", "currency": CURRENCY},
            "time_zone": "UTC",
        }

    def differences(self, shown: Mapping[str, Any]) -> list[str]:  # Any: JSON
        """What the server shows otherwise than it was meant, each in a sentence."""
        wanted: dict[str, object] = {"title": {"en": self.title}, "status": "published"}
        found = [
            f"The {name} is {shown.get(name)!r}, but {value!r} was meant."
            for name, value in wanted.items()
            if shown.get(name) != value
        ]
        return found + list(
            _different("stages", msgspec.json.decode(msgspec.json.encode(self.stages)), shown.get("stages"))
        )


def _different(place: str, meant: object, shown: object) -> Iterator[str]:
    """The innermost places at which two values differ."""
    if isinstance(meant, dict) and isinstance(shown, dict) and meant.keys() == shown.keys():
        for name, value in meant.items():
            yield from _different(f"{place}.{name}", value, shown[name])
    elif isinstance(meant, list) and isinstance(shown, list) and len(meant) == len(shown):
        for number, (one, other) in enumerate(zip(meant, shown, strict=True)):
            yield from _different(f"{place}[{number}]", one, other)
    elif meant != shown:
        yield f"{place} is {shown!r}, but {meant!r} was meant."


@dataclass(frozen=True)
class Plan:
    """All calls that are to be created, and the forms from which none can be, each with the reason."""

    calls: tuple[MeantCall, ...]
    without: tuple[tuple[Converted, str], ...]


def plan(forms: Sequence[Converted]) -> Plan:
    """The calls that all forms of an export make together."""
    rubrics = _rubrics(forms)
    calls: list[MeantCall] = []
    without: list[tuple[Converted, str]] = []
    pairs: defaultdict[tuple[str, str], dict[int, Converted]] = defaultdict(dict)
    for form in forms:
        if form.purpose not in ("application", "project"):
            continue
        if not form.questions:
            without.append((form, NOTHING_LEFT))
            continue
        part = _PART.fullmatch(form.name) if form.purpose == "application" else None
        parts = pairs[part["before"], part["after"]] if part else {}
        if part is None or int(part["number"]) in parts:
            calls.append(_call(form.name, (form,), rubrics))
        else:
            parts[int(part["number"])] = form
    for (before, after), parts in pairs.items():
        stages = tuple(parts[number] for number in sorted(parts))
        title = f"{before}{after}" if len(stages) > 1 else stages[0].name
        calls.append(_call(title, stages, rubrics))
    return Plan(tuple(calls), tuple(without))


def round_of(name: str) -> str:
    """The round that a form belongs to by its name, which Hypha adds when it copies a form for a round; else empty."""
    found = _OF_ROUND.fullmatch(name)
    return found["round"] if found else ""


def _rubrics(forms: Sequence[Converted]) -> Mapping[str, list[Rubric]]:
    rubrics: defaultdict[str, list[Rubric]] = defaultdict(list)
    for form in forms:
        if form.purpose == "review" and form.criteria:
            rubrics[round_of(form.name)].append(form.rubric)
    return rubrics


def _call(title: str, forms: tuple[Converted, ...], rubrics: Mapping[str, list[Rubric]]) -> MeantCall:
    lost: list[tuple[str, str]] = []
    stages: list[Stage] = []
    taken: set[str] = set()
    for number, form in enumerate(forms):
        found = [] if form.purpose == "project" else rubrics.get(round_of(form.name)) or rubrics.get("", [])
        if form.purpose == "project":
            lost.append((form.name, PROJECT_FORM))
        elif not found:
            lost.append((form.name, NO_RUBRIC))
        own = slug(form.name, taken)
        taken.add(own)
        stages.append(
            Stage(
                id=own,
                title={"en": form.name} if len(forms) > 1 else {},
                form=form.form,
                # The stages of a round have review forms of the same name, in the order of the stages.
                rubric=found[min(number, len(found) - 1)] if found else _STAND_IN,
                quorum=QUORUM,
            )
        )
    return MeantCall(title, forms, tuple(stages), lost)
