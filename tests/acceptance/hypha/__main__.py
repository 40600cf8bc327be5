"""`python -m tests.acceptance.hypha FOLDER`: Hypha's forms as calls on a running server, and what could not be held."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.connection import Client
from benchmarks.interrupting import run as run_interruptibly
from benchmarks.server import forget_own_settings
from benchmarks.traffic import Traffic
from tests.acceptance.hypha.calls import MeantCall, Plan, plan
from tests.acceptance.hypha.creating import CreatedCall, create
from tests.acceptance.hypha.forms import Converted, FormsUnusable, read_folder
from tests.acceptance.server import FAILURES, add_server_arguments, parse, with_server

INTERRUPTED: Final = 130
_NO_CALL: Final = {
    "review": "rubric of the calls of its name",
    "determination": "nothing: the panel's outcomes",
}


async def _create(url: str, administrator: str, calls: tuple[MeantCall, ...]) -> list[CreatedCall]:
    async with Client(url) as client:
        return await create(Traffic(client, f"hypha-{secrets.token_hex(8)}"), administrator, calls)


def _report(forms: list[Converted], planned: Plan, created: list[CreatedCall], console: Console) -> bool:
    """Print what became of every form; whether every call stands there as it was meant."""
    table = Table(title="Hypha's forms, and what they became", show_lines=False)
    for title in ("form", "became"):
        table.add_column(title)
    for title in ("kept", "elsewhere", "in part", "not held"):
        table.add_column(title, justify="right")
    call_of = {id(form): each for each in created for form in each.meant.of}
    for form in forms:
        table.add_row(
            form.name,
            _became(form, call_of.get(id(form))),
            f"{len(form.questions)} questions"
            if form.purpose != "review"
            else f"{len(form.criteria)} criteria",
            str(len(form.elsewhere) or ""),
            str(len({label for label, _ in form.in_part}) or ""),
            str(len({label for label, _ in form.not_held}) or ""),
        )
    console.print(table)
    _grouped(
        console, "Held by another part of the program", (each for form in forms for each in form.elsewhere)
    )
    _grouped(console, "Held in part", (each for form in forms for each in form.in_part))
    _grouped(console, "Not held", (each for form in forms for each in form.not_held))
    _grouped(
        console,
        "Not held as a whole",
        (
            *(each for call in planned.calls for each in call.lost),
            *((form.name, reason) for form, reason in planned.without),
        ),
    )
    for each in created:
        for sentence in [each.refused] if each.refused else each.different:
            console.print(
                f"NOT as it was meant: {each.meant.title}: {sentence}", markup=False, highlight=False
            )
    well = [each for each in created if each.well]
    console.print(
        f"{len(well)} of {len(created)} calls were created, published and read back as they were meant, "
        f"{sum(len(each.meant.stages) > 1 for each in well)} of them with two stages or more.",
        highlight=False,
    )
    return len(well) == len(created)


def _became(form: Converted, created: CreatedCall | None) -> str:
    if created is None:
        return _NO_CALL.get(form.purpose, "nothing")
    if created.refused is not None:
        return "refused"
    if len(created.meant.of) == 1:
        return "a call of one stage"
    return f"stage {created.meant.of.index(form) + 1} of “{created.meant.title}”"


def _grouped(console: Console, title: str, lost: Iterable[tuple[str, str]]) -> None:
    """Print what was lost, by reason, each label once with the number of forms that have it."""
    by_reason: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for label, reason in lost:
        by_reason[reason][label] += 1
    if not by_reason:
        return
    console.print(f"{title}:", highlight=False)
    for reason, labels in by_reason.items():
        named = ", ".join(
            f"{label} ({times} times)" if times > 1 else label for label, times in labels.items()
        )
        console.print(f"  {reason} – {named}", highlight=False, markup=False)


def main() -> int:
    """Create the calls; 0 if all stand there as they were meant."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.hypha", description=__doc__)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the exported forms of Hypha, as JSON")
    add_server_arguments(parser)
    options = parse(parser)
    console = Console() if sys.stdout.isatty() else Console(width=120)
    forget_own_settings()
    try:
        forms = read_folder(options.folder)
        planned = plan(forms)
        console.print(f"{len(forms)} forms make {len(planned.calls)} calls.", highlight=False)
        created = with_server(
            options,
            console,
            lambda url, administrator: run_interruptibly(_create(url, administrator, planned.calls)),
        )
    except (FormsUnusable, *FAILURES, ValueError) as error:
        print(f"hypha: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("hypha: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0 if _report(forms, planned, created, console) else 1


if __name__ == "__main__":
    sys.exit(main())
