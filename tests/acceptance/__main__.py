"""`python -m tests.acceptance FILE`: real grants through the whole main job, and every sum checked at the end."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.connection import Client
from benchmarks.figures import percentile
from benchmarks.interrupting import run as run_interruptibly
from benchmarks.server import forget_own_settings
from benchmarks.traffic import Tally, Traffic
from domain.values import Money
from tests.acceptance import journey as journeys
from tests.acceptance import paying
from tests.acceptance.accounts import all_facts, ledger_sums
from tests.acceptance.agreement import Followed, LedgerSums, disagreements, sums_of_facts
from tests.acceptance.call import ONE_STAGE, TWO_STAGES, Judging
from tests.acceptance.cast import Clock, Play, add_auditor, gather_cast, open_play
from tests.acceptance.giving import FileGrant, FileUnusable, GrantsFile, read_grants
from tests.acceptance.journey import Company, Journey
from tests.acceptance.server import FAILURES, add_server_arguments, parse, with_server

SHOWN: Final = 20
"""How many sentences of one kind are printed; the rest are counted."""
INTERRUPTED: Final = 130

PlayKey = tuple[str, tuple[Judging, ...]]
"""The currency and the stages, by which grants are sorted to their calls."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal came to."""

    file: GrantsFile
    journeys: tuple[Journey, ...]
    facts: int
    seconds: float
    disagreeing: tuple[str, ...]
    tally: Tally


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance", description=__doc__)
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="grants in the 360Giving Data Standard, as JSON"
    )
    parser.add_argument("--grants", metavar="N", type=_count, help="only the first N grants of the file")
    parser.add_argument(
        "--concurrency", metavar="K", type=_count, default=8, help="how many grants at a time (default: 8)"
    )
    add_server_arguments(parser)
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="for jurors and scores (default: 1)")
    return parse(parser)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _play_of(grant: FileGrant) -> PlayKey:
    return grant.currency, TWO_STAGES if journeys.goes_to_organisation(grant) else ONE_STAGE


async def _rehearse(
    file: GrantsFile, path: Path, url: str, administrator: str, options: argparse.Namespace, console: Console
) -> Rehearsed:
    by_play: defaultdict[PlayKey, list[FileGrant]] = defaultdict(list)
    for grant in file.grants:
        by_play[_play_of(grant)].append(grant)
    async with Client(url) as client:
        traffic = Traffic(client, f"rehearsal-{secrets.token_hex(8)}")
        began = time.monotonic()
        clock = await Clock.found(traffic, administrator)
        company = Company(
            traffic, administrator, await gather_cast(traffic, administrator), clock, options.seed
        )
        closes_at = journeys.closing_time(clock, len(file.grants))
        plays = {
            (currency, stages): await open_play(traffic, company.cast, currency, stages, grants, closes_at)
            for (currency, stages), grants in by_play.items()
        }
        under_way = tuple(Journey(grant, plays[_play_of(grant)]) for grant in file.grants)
        with _progress(console) as progress:
            await _walk(company, under_way, options.concurrency, progress)
        seconds = time.monotonic() - began
        console.print("Computing every sum anew from the facts, the ledger and the file …")
        disagreeing, facts = await _check(company, [*plays.values()], under_way, path, options.grants)
        return Rehearsed(file, under_way, facts, seconds, tuple(disagreeing), traffic.tally)


async def _walk(company: Company, under_way: tuple[Journey, ...], at_a_time: int, progress: Progress) -> None:
    """All journeys from the call to the last payment."""

    def bar(title: str, of: Sequence[Journey]) -> Callable[[], None]:
        task = progress.add_task(title, total=sum(journey.stopped is None for journey in of))
        return lambda: progress.advance(task)

    async def step(title: str, take: Callable[[Company, Journey], Awaitable[None]]) -> None:
        await journeys.abreast(under_way, lambda each: take(company, each), at_a_time, bar(title, under_way))

    async def judge(of: Sequence[Journey]) -> None:
        for play, _ in _by_play(of):
            await journeys.until_closed(company, play)
        await journeys.abreast(
            of, lambda each: journeys.review(company, each), at_a_time, bar("reviewed", of)
        )
        decided = bar("decided", of)
        for play, mine in _by_play(of):
            await journeys.decide(company, play, mine, decided)

    await step("applied", journeys.apply)
    await judge(under_way)
    invited = [each for each in under_way if not each.play.in_last_stage]
    for play, mine in _by_play(invited):
        await journeys.open_next_stage(company, play, len(mine))
    await journeys.abreast(
        invited, lambda each: journeys.go_on(company, each), at_a_time, bar("went on", invited)
    )
    await judge(invited)
    await step("agreed", paying.agree)
    if company.clock.settable and any(each.changes_payee for each in under_way):
        await company.clock.reach(company.clock.now() + paying.PAYEE_WAIT)
    await step("paid", paying.pay)


def _by_play(under_way: Sequence[Journey]) -> list[tuple[Play, list[Journey]]]:
    """The plays that still have journeys on their way, each with these."""
    going = [each for each in under_way if each.stopped is None]
    plays = {each.play.call: each.play for each in going}
    return [(play, [each for each in going if each.play is play]) for play in plays.values()]


async def _check(
    company: Company,
    plays: list[Play],
    under_way: tuple[Journey, ...],
    path: Path,
    most: int | None,
) -> tuple[list[str], int]:
    """Every disagreement, each in a sentence, and the number of all facts. The file is read anew: what was kept of it proves nothing."""
    of_file = {grant.number: grant for grant in read_grants(path, most=most).grants}
    followed = [
        Followed(each.file.number, each.application, each.grant, each.party, len(each.play.stages))
        for each in under_way
        if each.grant and each.stopped is None
    ]
    auditor, position = await add_auditor(company.traffic, company.administrator, company.cast)
    facts = await all_facts(company.traffic, auditor.token)
    of_ledger: dict[str, LedgerSums] = {}
    try:
        for play in plays:
            of_ledger |= await ledger_sums(company.traffic, auditor.token, play, position)
        of_facts = sums_of_facts(facts, {play.fund for play in plays})
    except ValueError as wrong_in_itself:
        return [str(wrong_in_itself)], len(facts)
    return disagreements(followed, of_file, of_facts, of_ledger), len(facts)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _report(rehearsed: Rehearsed, console: Console) -> bool:
    """Print the figures; whether all went well."""
    tally, file = rehearsed.tally, rehearsed.file
    table = Table(title="Requests, from the first try to the answer")
    for title in ("kind", "requests", "p50 ms", "p99 ms", "contended", "unavailable", "lost", "turned down"):
        table.add_column(title, justify="left" if title == "kind" else "right")
    for kind, seconds in sorted(tally.seconds.items()):
        table.add_row(
            kind,
            str(len(seconds)),
            f"{percentile(seconds, 50) * 1000:.1f}",
            f"{percentile(seconds, 99) * 1000:.1f}",
            *(
                str(counted[kind] or "")
                for counted in (tally.contended, tally.unavailable, tally.lost, tally.turned)
            ),
        )
    console.print(table)
    stopped = [each for each in rehearsed.journeys if each.stopped is not None]
    mended = Counter(sentence for grant in file.grants for sentence in grant.mended)
    _list(console, "Mended in the file", [f"{count} times: {sentence}" for sentence, count in mended.items()])
    _list(
        console,
        "Refused before the start",
        [f"grant {each.number} ({each.identifier}): {each.reason}" for each in file.refused],
    )
    _list(
        console,
        "Turned down on the way",
        [f"grant {each.file.number} ({each.file.identifier}): {each.stopped}" for each in stopped],
    )
    _list(console, "DISAGREEING", list(rehearsed.disagreeing))
    finished = len(rehearsed.journeys) - len(stopped)
    requests = sum(len(seconds) for seconds in tally.seconds.values())
    instalments = sum(len(each.parts) for each in rehearsed.journeys if each.stopped is None)
    organisations = sum(
        journeys.goes_to_organisation(each.file) for each in rehearsed.journeys if each.stopped is None
    )
    totals: Counter[str] = Counter()
    for each in rehearsed.journeys:
        totals[each.file.currency] += each.file.awarded if each.stopped is None else 0
    paid = ", ".join(str(Money.of(total, currency)) for currency, total in sorted(totals.items()))
    console.print(
        f"{finished} of {len(file.grants) + len(file.refused)} grants went from the call to the last payment in "
        f"{rehearsed.seconds:.1f} s: {finished / rehearsed.seconds * 60:.0f} grants a minute.\n"
        f"{organisations} of them went to organisations, through two stages.\n"
        f"{instalments} instalments settled, {paid} in all.\n"
        f"{requests} requests, {requests / rehearsed.seconds:.0f} a second; {len(file.refused)} grants refused, "
        f"{tally.turned.total()} requests turned down, {tally.contended.total()} tried again after contention, "
        f"{tally.unavailable.total()} after unavailability, {tally.lost.total()} after a lost connection.\n"
        f"{rehearsed.facts} facts in the history.",
        highlight=False,
    )
    well = not rehearsed.disagreeing and not stopped and finished > 0
    console.print(
        "Every sum agrees, to the minor unit, for every grant."
        if well
        else "[bold]NOT everything agrees.[/bold]"
    )
    return well


def _list(console: Console, title: str, sentences: list[str]) -> None:
    if sentences:
        console.print(f"{title} ({len(sentences)}):", highlight=False)
        for sentence in sentences[:SHOWN]:
            console.print(f"  {sentence}", highlight=False, markup=False)
        if len(sentences) > SHOWN:
            console.print(f"  … and {len(sentences) - SHOWN} more", highlight=False)


def main() -> int:
    """Run the rehearsal; 0 if every grant finished and every sum agrees."""
    options = _arguments()
    console = Console() if sys.stdout.isatty() else Console(width=120)
    forget_own_settings()
    try:
        file = read_grants(options.file, most=options.grants)
        console.print(
            f"{len(file.grants)} grants of {options.file.name} can be used, {len(file.refused)} cannot."
        )
        if not file.grants:
            _list(console, "Refused", [f"grant {each.number}: {each.reason}" for each in file.refused])
            return 1
        rehearsed = with_server(
            options,
            console,
            lambda url, administrator: run_interruptibly(
                _rehearse(file, options.file, url, administrator, options, console)
            ),
        )
    except (FileUnusable, *FAILURES, ValueError) as error:
        print(f"rehearse: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("rehearse: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0 if _report(rehearsed, console) else 1


if __name__ == "__main__":
    sys.exit(main())
