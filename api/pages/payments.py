"""The page of those who pay: what failed, what waits for a second person, what is to be paid; and many payments recorded at
once, after a preview."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.http.failing import problem_of
from api.inputs.commands import command_of
from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.calls import roles_in
from api.pages.mistakes import on_a_page
from api.pages.page import Page, PageAction, PageContent, RunOne
from api.pages.visits import Returned, Visit
from domain.calls.state import CALL
from domain.commands.grants.instalments import InstructInstalment, SettleInstalment
from domain.deciding import Command
from domain.grants.statuses import InstalmentStatus
from domain.grants.tasks import TaskKind
from domain.messages import Message, msg
from domain.refusals import CommandRejected, Invalid
from domain.values import Money, Role, is_id
from history.requests import Contended, KeyReused, Stale
from projections import grants, payments
from projections.grants import GrantTasks
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage
from projections.payments import DUE, PaymentLine
from projections.reader import Behind

_GROUPS = (
    ("failed", msg("The bank did not pay"), (InstalmentStatus.FAILED,)),
    ("second", msg("Waiting for a second person"), (InstalmentStatus.APPROVED_ONCE,)),
    ("first", msg("Waiting for a first approval"), (InstalmentStatus.REQUESTED,)),
    ("bank", msg("Approved by two people"), (InstalmentStatus.APPROVED,)),
    ("planned", msg("Not requested yet"), (InstalmentStatus.SCHEDULED,)),
)
"""The parts of the page besides payments that are under way: an anchor, a heading, and the statuses. What is to be done is told
beside each payment, because it may still have to wait."""


@dataclass(frozen=True, slots=True)
class Paying:
    """A payment that was ticked, and what became of it: `why_not` says why nothing is recorded."""

    line: PaymentLine
    why_not: Message | None = None


async def _show(visit: Visit) -> PageContent:
    unpaid, unreadable = await _listed(visit, DUE)
    typed = visit.returned.typed if visit.returned else None
    if typed is None or not typed.own("step"):
        return await _page(visit, unpaid, unreadable)
    plain = nested(typed.typed())
    ticked = _ticked(plain)
    errors: dict[str, Message] = {}
    if not ticked:
        errors["chosen"] = msg("Choose at least one payment.")
    found: list[Paying] = []
    trial = visit.trial()
    for line in _sent(unpaid):
        if (line.grant, line.number) not in ticked or errors:
            continue
        try:
            found.append(
                Paying(line, await trial.why_not(_command(line.grant, line.number, line.amount, plain)))
            )
        except Invalid as invalid:
            errors |= {each.field: on_a_page(each.detail) for each in invalid.errors}
    if errors:
        assert visit.returned is not None
        back = Returned(visit.returned.form, visit.returned.typed, None, errors, status=200)
        return await _page(replace(visit, returned=back), unpaid, unreadable)
    return await _page(visit, unpaid, unreadable, previewed=found, gone=len(ticked) - len(found))


async def _listed(visit: Visit, status: str | None) -> tuple[tuple[PaymentLine, ...], set[str]]:
    unreadable: set[str] = set()

    async def some(cursor: str | None) -> ListPage[PaymentLine]:
        found = await payments.of_initiative(
            visit.wiring.reader,
            visit.person,
            visit.path["initiative"],
            status=status,
            cursor=cursor,
            limit=MOST,
        )
        unreadable.update(found.unreadable)
        return found

    return await whole(some), unreadable


def _sent(lines: Sequence[PaymentLine]) -> list[PaymentLine]:
    return [each for each in lines if each.status == InstalmentStatus.INSTRUCTED]


async def _page(
    visit: Visit,
    unpaid: Sequence[PaymentLine],
    unreadable: set[str],
    *,
    previewed: list[Paying] | None = None,
    gone: int = 0,
    done: list[Paying] | None = None,
) -> PageContent:
    initiative = visit.path["initiative"]
    roles = await roles_in(visit, initiative)
    today = visit.wiring.clock().date()
    return PageContent(
        "payments.html",
        {
            "initiative": initiative,
            "pays": Role.FINANCE in roles,
            "sent": _sent(unpaid),
            "groups": [
                (anchor, heading, [each for each in unpaid if each.status in statuses])
                for anchor, heading, statuses in _GROUPS
            ],
            "turns": await grants.turns(
                visit.wiring.reader, visit.who, {each.grant for each in unpaid}, now=visit.wiring.clock()
            ),
            "orders": await _orders(visit, roles, unpaid),
            "left": ListPage[PaymentLine](items=(), unreadable=tuple(sorted(unreadable))),
            "to_confirm": await _to_confirm(visit, roles),
            "form": visit.form("paying", start={"settled_on": today.isoformat()}),
            "today": today,
            "previewed": previewed,
            "gone": gone,
            "done": done,
        },
        labels={"settled_on": msg("Paid on"), "chosen": msg("Payments")},
        initiative=initiative,
    )


async def _orders(
    visit: Visit, roles: frozenset[Role], unpaid: Sequence[PaymentLine]
) -> set[tuple[str, int]]:
    """The instalments whose payment order the visitor can record now, by grant and number."""
    if Role.FINANCE not in roles:
        return set()
    trial = visit.trial()
    return {
        (each.grant, each.number)
        for each in unpaid
        if each.status in (InstalmentStatus.APPROVED, InstalmentStatus.FAILED)
        and (
            await trial.of(
                msg("Record the payment order"),
                InstructInstalment(grant=each.grant, instalment=each.number, reference="-"),
            )
        ).may
    }


async def _to_confirm(visit: Visit, roles: frozenset[Role]) -> list[GrantTasks]:
    """Grants whose bank details wait for a second person, if the visitor can be that person."""
    if roles.isdisjoint({Role.FINANCE, Role.APPROVER}):
        return []

    async def some(cursor: str | None) -> ListPage[GrantTasks]:
        return await grants.tasks(
            visit.wiring.reader, visit.person, now=visit.wiring.clock(), cursor=cursor, limit=MOST
        )

    found = [
        each for each in await whole(some) if any(task.kind is TaskKind.CONFIRM_PAYEE for task in each.tasks)
    ]
    loaded = await visit.wiring.reader.readable(
        *((CALL, call) for call in sorted({each.call for each in found}))
    )
    here = {call for call, each in loaded.items() if each.state.initiative == visit.path["initiative"]}
    return [each for each in found if each.call in here]


def _ticked(plain: Plain) -> list[tuple[str, int]]:
    """The payments that were ticked: grant and number of the instalment."""
    found = plain.get("items", [])
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    pairs = [str(row["payment"]).partition(" ") for row in rows if row.get("payment")]
    return [
        (grant, int(number))
        for grant, _, number in pairs
        if is_id("grant", grant) and number.isascii() and number.isdigit() and len(number) <= 4
    ]


def _command(grant: str, number: int, amount: Money, plain: Plain) -> Command:
    return command_of(
        SettleInstalment,
        {
            "grant": grant,
            "instalment": str(number),
            "amount": {"amount": amount.amount, "currency": amount.currency},
            "settled_on": plain.get("settled_on", ""),
        },
    )


async def _run(visit: Visit, form: SubmittedForm, run: RunOne) -> PageContent:
    """Record what was previewed. A payment that changed meanwhile is left out, and named."""
    unpaid, unreadable = await _listed(visit, DUE)
    known = {(each.grant, each.number): each for each in unpaid}
    plain = nested(form.typed())
    done: list[Paying] = []
    position = 0
    ticked = _ticked(plain)
    if not known.keys() >= set(ticked):
        # What was paid or cancelled meanwhile is named, too.
        everything, _ = await _listed(visit, None)
        known |= {(each.grant, each.number): each for each in everything}
    for grant, number in ticked:
        line = known.get((grant, number))
        if line is None:
            continue
        try:
            answer = await run(
                _command(grant, number, line.amount, plain), f"{form.own('key')}-{grant[-32:]}-{number}", None
            )
        except (CommandRejected, Stale, KeyReused, Contended) as error:
            done.append(Paying(line, problem_of(error).detail))
        else:
            position = max(position, answer.position)
            done.append(Paying(line))
    with contextlib.suppress(Behind):
        await visit.wiring.reader.wait_for(position)
    unpaid, unreadable = await _listed(visit, DUE)
    return await _page(visit, unpaid, unreadable, done=done)


PAGES = (
    Page(
        path="/initiatives/{initiative}/payments",
        show=_show,
        tries=True,
        runs=_run,
        runs_for="paying",
        acts=(
            PageAction(
                command="instalment.instruct",
                done=msg("The payment order is recorded. Nothing was sent to the bank from here."),
            ),
        ),
    ),
)
