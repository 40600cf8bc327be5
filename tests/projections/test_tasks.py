"""What waits on grants, as it is asked for: for whom it waits, while it waits, and for nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.grants.tasks import TaskKind
from domain.refusals import Forbidden, NotFound
from projections import grants
from projections.grants import GrantTask, GrantTasks
from projections.reader import Reader
from tests.projections.conftest import Season, eur
from tests.projections.test_changed_grants import END, granted

pytestmark = pytest.mark.anyio


async def tasks(season: Season, *people: str) -> dict[str, list[tuple[str, int | None]]]:
    """What waits for each of them, by kind and number."""
    season.project()
    return {
        person: [
            (str(task.kind), task.number)
            for grant in (
                await grants.tasks(season.reader, getattr(season, person), now=season.office.now)
            ).items
            for task in grant.tasks
        ]
        for person in people
    }


EVERYBODY = ("officer", "finance", "approver", "funder", "juror", "artist1")


async def test_each_step_of_a_payment_waits_for_whoever_takes_it(season: Season) -> None:
    one = await granted(season)
    nothing: dict[str, list[object]] = {person: [] for person in EVERYBODY}
    assert await tasks(season, *EVERYBODY) == nothing
    await season.run("grant.submit_report", season.artist1, **one, text="Done.")
    assert await tasks(season, *EVERYBODY) == nothing | {"officer": [("answer report", 1)]}
    await season.run("grant.accept_report", season.officer, **one, report=1)
    second = one | {"instalment": 2}
    for command, who, then in (
        ("request", "artist1", {"finance": [("approve", 2)]}),
        ("approve", "finance", {"approver": [("approve", 2)]}),
        ("approve", "approver", {"finance": [("instruct", 2)]}),
    ):
        await season.run(f"instalment.{command}", getattr(season, who), **second)
        assert await tasks(season, *EVERYBODY) == nothing | then
    await season.run("call.set_screening", season.officer, call=season.call, required=True)
    assert await tasks(season, "finance") == {"finance": [("record screening", None)]}


async def test_it_is_told_with_the_title_and_the_handle_and_the_sum_of_the_instalment(season: Season) -> None:
    one = await granted(season)
    await season.run("grant.submit_report", season.artist1, **one, text="Done.")
    await season.run("grant.accept_report", season.officer, **one, report=1)
    await season.run("instalment.request", season.artist1, **one, instalment=2)
    season.project()
    shown = await grants.one(season.reader, season.finance, one["grant"])
    assert shown.title
    assert (await grants.tasks(season.reader, season.finance, now=season.office.now)).items == (
        GrantTasks(
            grant=one["grant"],
            call=season.call,
            handle=shown.handle,
            title=shown.title,
            tasks=(GrantTask(kind=TaskKind.APPROVE, number=2, amount=eur("400.25")),),
        ),
    )


async def test_no_title_is_opened_of_what_waits_for_somebody_else_or_is_told_without_it(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await granted(season)
    await season.run("grant.submit_report", season.artist1, **one, text="Done.")
    season.project()
    opened, open_box = [], Reader.opened

    def counted(*of: Any) -> Any:
        opened.append(of)
        return open_box(*of)

    monkeypatch.setattr(Reader, "opened", counted)
    for who, titles, expected in (
        (season.finance, True, 0),
        (season.officer, False, 0),
        (season.officer, True, 1),
    ):
        await grants.tasks(season.reader, who, now=season.office.now, titles=titles)
        assert len(opened) == expected


async def test_an_amendment_waits_until_it_is_answered_and_a_payee_until_it_is_confirmed(
    season: Season,
) -> None:
    one = await granted(season)
    await season.run("grant.propose_amendment", season.officer, **one, ends_on=END)
    assert await tasks(season, "officer", "finance") == {"officer": [("await answer", 1)], "finance": []}
    await season.run("grant.decline_amendment", season.artist1, **one, amendment=1)
    await season.run(
        "grant.set_payee", season.artist1, **one, kind="recipient", name="Another", account="Another 1"
    )
    assert await tasks(season, "officer", "finance") == {"officer": [], "finance": [("confirm payee", None)]}
    await season.run("grant.terminate", season.officer, **one, reason="terms_broken")
    assert await tasks(season, "officer", "finance") == {"officer": [], "finance": []}


async def test_a_payment_waits_for_finance_only_when_the_waiting_time_after_new_bank_details_is_over(
    season: Season,
) -> None:
    one = await granted(season)
    await season.run("grant.submit_report", season.artist1, **one, text="Done.")
    await season.run("grant.accept_report", season.officer, **one, report=1)
    await season.run(
        "grant.set_payee", season.artist1, **one, kind="recipient", name="Another", account="Another 1"
    )
    await season.run("grant.confirm_payee", season.finance, **one, setting=2)
    second = one | {"instalment": 2}
    await season.run("instalment.request", season.artist1, **second)
    await season.run("instalment.approve", season.finance, **second)
    await season.run("instalment.approve", season.approver, **second)
    assert await tasks(season, "finance") == {"finance": []}
    (turn,) = (await grants.turns(season.reader, season.finance, [one["grant"]], now=season.office.now))[
        one["grant"]
    ].values()
    assert str(turn).startswith("The bank details were changed")
    season.office.now += timedelta(hours=24)
    assert await tasks(season, "finance") == {"finance": [("instruct", 2)]}


async def test_nobody_is_told_to_pay_somebody_who_was_erased(season: Season) -> None:
    one = await granted(season)
    await season.run("grant.submit_report", season.artist1, **one, text="Done.")
    await season.run("grant.accept_report", season.officer, **one, report=1)
    await season.run("instalment.request", season.artist1, **one, instalment=2)
    await season.run("person.erase", season.administrator, person=season.artist1, reason="safety")
    assert await tasks(season, "finance") == {"finance": []}
    turns = await grants.turns(season.reader, season.finance, [one["grant"]], now=season.office.now)
    assert [str(turn)[:31] for turn in turns[one["grant"]].values()] == ["The recipient's data was erased"]


async def test_what_was_awarded_waits_for_the_staff_to_offer_it(season: Season) -> None:
    await season.begin()
    for part in (season.apply, season.close, season.assign, season.judge, season.decide):
        await part()
    season.project()
    assert await grants.to_offer(season.reader, season.officer, season.call) == 1
    for person, refused in ((season.finance, Forbidden), (season.artist1, NotFound)):
        with pytest.raises(refused):
            await grants.to_offer(season.reader, person, season.call)
    await season.grant()
    season.project()
    assert await grants.to_offer(season.reader, season.officer, season.call) == 0


async def test_nobody_who_is_not_signed_in_asks(season: Season) -> None:
    await season.begin()
    with pytest.raises(Forbidden):
        await grants.tasks(season.reader, None, now=season.office.now)
