"""The README's tour, run as it stands there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.journey.running import demonstration

README = Path(__file__).parents[2] / "README.md"


def tour() -> str:
    """The commands of the tour."""
    found = re.search(
        r"## A tour of one grant's life\n.*?```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    return found[1]


@pytest.mark.timeout(120)
def test_the_tour_leads_from_an_application_to_a_payment_that_the_funder_reads() -> None:
    """Every command succeeds, and the last two answer with what was paid."""
    with demonstration() as running:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", tour()],
            env={**running.environment, "URL": running.address, "WAYS": str(running.folder / "ways-in.json")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr)
    assert "Instalment 1 of 1800.00 EUR was paid" in done.stdout
    assert '"account":"cash"' in done.stdout.replace(" ", "")
