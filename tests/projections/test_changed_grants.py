"""Grants that are suspended, amended or ended early, as they are shown: what the rows say is what the stream's state is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.exchange import Exchange
from domain.grants.rules import PlannedInstalment
from domain.grants.state import GRANT
from projections import funds, grants, ledger, timeline
from projections.grants import GrantDetail
from tests.projections.conftest import Season, eur

pytestmark = pytest.mark.anyio

END = date(2026, 12, 31)
EXPLANATION = "Canary explanation of it"


async def shown(season: Season, viewer: str) -> GrantDetail:
    """The grant, whose rows must agree with its stream."""
    season.project()
    found = await grants.one(season.reader, viewer, season.things["grant"])
    state = await season.reader.the(GRANT, season.things["grant"])
    assert {each.number: each.status for each in found.instalments} == {
        number: str(each.status) for number, each in state.instalments.items()
    }
    assert (found.status, found.amount) == (str(state.status), eur(f"{state.amount / 100:.2f}"))
    assert (found.ends_on, found.amendment) == (
        state.ends_on,
        state.amendment and state.amendment.number,
    )
    return found


async def granted(season: Season) -> dict[str, Any]:
    """A grant of 1400.25 EUR, of which the first instalment of 1000.00 is paid."""
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.decide, season.grant):
        await part()
    return {"grant": season.things["grant"]}


async def committed(season: Season) -> Any:
    """What the fund has set aside, in its own row and in its ledger."""
    of = await funds.one(season.reader, season.officer, season.things["fund"])
    books = await ledger.of_fund(season.reader, season.finance, season.things["fund"])
    by_account = {each.account: each for each in books.accounts}
    assert by_account["grants_awarded"].balance == of.committed
    return of.committed


async def test_an_amendment_is_shown_until_it_is_answered_and_then_the_grant_as_amended(
    season: Season,
) -> None:
    one = await granted(season)
    await season.run(
        "grant.propose_amendment",
        season.officer,
        **one,
        amount=eur("1200.00"),
        ends_on=END,
        instalments=(PlannedInstalment(amount=eur("150.00"), due=date(2026, 7, 1)),),
        unscheduled=eur("50.00"),
        explanation=EXPLANATION,
    )

    seen = await shown(season, season.artist1)
    assert seen.proposed is not None
    assert (seen.proposed.amount, seen.proposed.ends_on) == (eur("1200.00"), END)
    assert [(each.number, each.amount) for each in seen.proposed.instalments or ()] == [(2, eur("150.00"))]
    assert seen.proposed.explanation == EXPLANATION
    for other in (season.finance, season.funder):
        proposed = (await shown(season, other)).proposed
        assert proposed is not None
        assert (proposed.amount, proposed.explanation) == (eur("1200.00"), None)
    assert await committed(season) == eur("1400.25")

    await season.run("grant.accept_amendment", season.artist1, **one, amendment=1)

    seen = await shown(season, season.officer)
    assert (seen.proposed, seen.ends_on, seen.unscheduled) == (None, END, eur("50.00"))
    assert [each.amount for each in seen.instalments] == [eur("1000.00"), eur("150.00")]
    assert await committed(season) == eur("1200.00")
    told = await timeline.of_grant(season.reader, season.officer, season.things["grant"])
    assert "grant.amended.v1" in [entry.topic for entry in told.items]


async def test_one_that_was_declined_is_shown_no_more(season: Season) -> None:
    one = await granted(season)
    await season.run("grant.propose_amendment", season.officer, **one, ends_on=END)
    await season.run("grant.decline_amendment", season.artist1, **one, amendment=1)
    seen = await shown(season, season.artist1)
    assert (seen.proposed, seen.ends_on, seen.amount) == (None, None, eur("1400.25"))


async def test_a_suspension_shows_its_reason_until_the_grant_goes_on(season: Season) -> None:
    one = await granted(season)
    await season.run("grant.suspend", season.officer, **one, reason="under_review", explanation=EXPLANATION)
    seen = await shown(season, season.artist1)
    assert (seen.reason, seen.explanation) == ("under_review", EXPLANATION)
    assert (await shown(season, season.funder)).explanation is None
    await season.run("grant.resume", season.officer, **one)
    seen = await shown(season, season.artist1)
    assert (seen.status, seen.reason, seen.explanation) == ("accepted", None, None)


async def test_a_grant_ended_early_shows_what_is_cancelled_and_the_fund_what_came_back(
    season: Season,
) -> None:
    one = await granted(season)
    await season.run("grant.propose_amendment", season.officer, **one, ends_on=END)
    await season.run("grant.terminate", season.officer, **one, reason="terms_broken")
    seen = await shown(season, season.artist1)
    assert (seen.reason, seen.proposed, seen.settled) == ("terms_broken", None, eur("1000.00"))
    assert [each.status for each in seen.instalments] == ["settled", "cancelled"]
    assert await committed(season) == eur("1000.00")


async def test_a_fee_and_a_rate_are_shown_and_booked_on_no_account(season: Season) -> None:
    await granted(season)
    await season.run("grant.submit_report", season.artist1, grant=season.things["grant"], text="Done.")
    await season.run("grant.accept_report", season.officer, grant=season.things["grant"], report=1)
    fee, exchange = eur("12.50"), Exchange(currency="GEL", rate="2.91500")
    await season.pay(2, "400.25", fee=fee, exchange=exchange)

    seen = await shown(season, season.funder)
    assert [(each.fee, each.exchange) for each in seen.instalments] == [(None, None), (fee, exchange)]
    books = await ledger.of_fund(season.reader, season.funder, season.things["fund"])
    assert all(each.recorded_on == season.office.now.date() for each in books.entries.items[-1:])
    paid = [entry for entry in books.entries.items if entry.topic == "grant.instalment_settled.v1"]
    assert [(entry.fee, entry.exchange) for entry in paid] == [(None, None), (fee, exchange)]
    assert [line.amount for line in paid[1].lines] == [eur("400.25")] * 2
    sums = season.rows("SELECT sum(amount) FROM read.ledger GROUP BY position")
    assert {total for (total,) in sums} == {0}
    balances = {each.account: each.balance for each in books.accounts}
    assert balances["cash"] == eur("4599.75")
    assert seen.settled == eur("1400.25")


async def test_a_screening_is_shown_to_staff_and_funders_and_its_note_to_those_who_pay(
    season: Season,
) -> None:
    one = await granted(season)
    await season.run(
        "initiative.set_screening", season.administrator, initiative=season.initiative, required=True
    )
    note = "Canary note on a screening"
    await season.run(
        "grant.record_screening",
        season.finance,
        **one,
        setting=1,
        result="match_ruled_out",
        reference="S-1",
        screened_on=date(2026, 3, 1),
        note=note,
    )

    notes = {}
    for name in ("finance", "approver", "officer", "funder"):
        seen = (await shown(season, season.people[name])).screening
        assert seen is not None
        assert (seen.result, seen.reference, seen.current) == ("match_ruled_out", "S-1", True)
        notes[name] = seen.note
    assert notes == {"finance": note, "approver": note, "officer": note, "funder": None}
    own = await shown(season, season.artist1)
    assert (own.screening, own.screening_required) == (None, True)
    told = await timeline.of_grant(season.reader, season.artist1, season.things["grant"])
    assert "grant.screened.v1" not in [entry.topic for entry in told.items]
    told = await timeline.of_grant(season.reader, season.funder, season.things["grant"])
    assert "grant.screened.v1" in [entry.topic for entry in told.items]
    assert note not in repr(told)

    await season.run("grant.set_payee", season.artist1, **one, kind="other", name="X", account="Other 1")
    seen = (await shown(season, season.finance)).screening
    assert seen is not None
    assert not seen.current
