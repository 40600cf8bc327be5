"""The scenarios of the demonstration, as their files tell them: no database is needed for that."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from api.run.demonstration import LIVING, SMALL
from api.run.demonstration.calendar import Step
from api.run.demonstration.scenario import Scenario, read_scenario
from api.run.demonstration.script import script

TODAY = date(2026, 11, 28)
living, small = read_scenario(LIVING), read_scenario(SMALL)
STEPS = script(living, TODAY)


@pytest.mark.parametrize("scenario", [living, small])
def test_everything_happens_before_the_first_start_and_in_order(scenario: Scenario) -> None:
    steps = script(scenario, TODAY)
    assert [step.when for step in steps] == sorted(step.when for step in steps)
    assert steps[-1].when < datetime.combine(TODAY, time(), UTC)
    assert steps[0].when >= datetime.combine(TODAY - timedelta(days=scenario.days), time(), UTC)


def test_the_script_is_the_same_at_each_start() -> None:
    """An interrupted demonstration is completed with the same steps."""
    assert script(living, TODAY) == STEPS


def test_people_act_at_different_times_of_the_day() -> None:
    """Times of day are spread, and nobody acts in the middle of the night but the computer that registers people."""
    hours = Counter(step.when.hour for step in STEPS if step.does != "person.register")
    assert set(hours) >= set(range(8, 21))
    assert max(hours.values()) < len(STEPS) / 5


def test_on_one_day_the_same_thing_is_done_in_the_order_of_the_file() -> None:
    """A payee is given before it is confirmed, a panel opened before an outcome is set."""
    of_grant = [step.does for step in STEPS if step.about.get("grant") == "samovar"]
    assert (
        of_grant.index("panel.set_outcome") < of_grant.index("grant.offer") < of_grant.index("grant.accept")
    )
    assert of_grant[-1] == "grant.complete"


def texts(steps: list[Step]) -> list[str]:
    """Everything that people wrote."""
    written: list[str] = []
    for step in steps:
        if step.does == "application.submit":
            written += [
                step.fields["title"],
                *(x for x in step.fields["answers"].values() if isinstance(x, str) and len(x) > 20),
            ]
        written += [
            step.fields[name]
            for name in ("comment_jury", "comment_applicant", "text")
            if step.fields.get(name)
        ]
    return written


def test_no_text_is_used_twice() -> None:
    """Titles, answers, comments and reports read like those of different people."""
    assert len(texts(STEPS)) > 200
    assert [text for text, times in Counter(texts(STEPS)).items() if times > 1] == []


def test_about_half_of_the_applications_are_in_russian() -> None:
    titles = [application.title for call in living.calls.values() for application in call.applications]
    russian = [title for title in titles if any("а" <= letter <= "я" for letter in title.lower())]
    assert 60 <= len(titles) <= 80
    assert 0.35 <= len(russian) / len(titles) <= 0.65


def test_everybody_as_whom_one_can_enter_is_introduced_in_every_language() -> None:
    entrances = [person.enter for person in living.people.values() if person.enter]
    assert len(entrances) > 10
    for enter in entrances:
        assert set(enter.part) == set(enter.finds) == set(living.groups[enter.group]) == {"en", "ru"}


def test_a_mistake_in_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text('days = 1\ntime_zone = "UTC"\npeopel = {}\n')
    with pytest.raises(ValueError, match=r"scenario\.toml: Object contains unknown field `peopel`"):
        read_scenario(tmp_path)
