"""Of a form's fields only the few are marked that differ from most: as needed, or as optional."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.conftest import CALL, Stage, open_call
from tests.staging import with_stage

FORM: dict[str, Any] = CALL["stages"][0]["form"]


def call_of(stage: Stage, needed: int) -> str:
    """An open call that asks four questions, of which the first so many have to be answered."""
    questions = [
        {
            "id": f"q{number}",
            "kind": "text",
            "label": {"en": f"Question {number}"},
            "required": number < needed,
        }
        for number in range(4)
    ]
    return open_call(stage, with_stage(CALL, form={"questions": questions}))[0]


@pytest.mark.parametrize(("needed", "as_needed", "as_optional"), [(4, 0, 0), (3, 0, 1), (1, 1, 0)])
def test_on_the_form_and_on_the_page_of_its_call(
    stage: Stage, needed: int, as_needed: int, as_optional: int
) -> None:
    call = call_of(stage, needed)
    artist = stage.visitor("applicant")
    page = artist.open(f"/calls/{call}").text
    assert (page.count("(needed)"), page.count("(optional)")) == (as_needed, as_optional)
    form = artist.open(f"/calls/{call}/apply").text
    # The title and the sum are always needed.
    assert (form.count("(needed)"), form.count("(optional)")) == (as_needed and as_needed + 2, as_optional)
