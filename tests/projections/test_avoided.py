"""People who must never read somebody's applications: what every question answers them, after the whole life of a grant."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.refusals import Forbidden, NotFound
from domain.values import Role
from projections import (
    applications,
    calls,
    correspondence,
    following,
    funded,
    grants,
    ledger,
    own_reviews,
    panel_notes,
    panels,
    payments,
    profiles,
    reviews,
    round_jury,
    rounds,
    timeline,
)
from projections.moments import AsOf
from projections.paging import MOST
from projections.work_waiting import WorkKind
from tests.projections.conftest import CANARY_TITLES, DEADLINE, Season, eur
from tests.projections.working import waits

pytestmark = pytest.mark.anyio

GONE = f"NotFound: {NotFound().detail}"
STAFF = ("officer", "juror", "chair", "finance")


async def answered(asking: Awaitable[Any]) -> str:
    """What an answer says, as text; the kind of refusal otherwise."""
    try:
        found = await asking
    except (NotFound, Forbidden) as refused:
        return f"{type(refused).__name__}: {refused.detail}"
    return msgspec.json.encode(found, enc_hook=str).decode()


async def everything(season: Season, who: str) -> dict[str, str]:
    """What one is answered about the first artist's application and grant, and where it could stand in a list."""
    reader, viewer = season.reader, season.people[who]
    application, call = season.application1, season.call
    asked = {
        "application": applications.one(reader, viewer, application),
        "applications": applications.of_call(reader, viewer, call, limit=MOST),
        "counts": applications.counts(reader, viewer, call),
        "reviews": reviews.of_application(reader, viewer, application),
        "own reviews": own_reviews.mine(reader, viewer),
        "timeline": timeline.of_application(reader, viewer, application, limit=MOST),
        "ranking": panels.ranking(reader, viewer, season.round, limit=MOST),
        "grant": grants.one(reader, viewer, season.things.get("grant", "")),
        "grants": grants.of_call(reader, viewer, call, limit=MOST),
        "payments": payments.of_initiative(reader, viewer, season.initiative, limit=MOST),
        "jury": round_jury.of_round(reader, viewer, season.round),
        "notes": panel_notes.of_round(reader, viewer, season.round),
        "messages": correspondence.messages(reader, viewer, application),
        "notes of the staff": correspondence.notes(reader, viewer, application),
        "tasks": grants.tasks(reader, viewer, now=season.office.now, limit=MOST),
    }
    return {name: await answered(asking) for name, asking in asked.items()}


async def test_who_was_named_finds_nothing_and_everybody_else_finds_as_much_as_before(season: Season) -> None:
    await season.whole("open")
    season.project()
    before = {who: await everything(season, who) for who in (*STAFF, "funder")}
    assert all(CANARY_TITLES[0] in before[who]["applications"] for who in ("officer",))
    for who in STAFF:
        await season.run(
            "person.exclude_reader",
            season.artist1,
            person=season.artist1,
            reader=season.people[who],
            named=f"{who}@example.org",
        )
    season.project()
    after = {who: await everything(season, who) for who in (*STAFF, "funder")}

    assert after["funder"] == before["funder"]
    for who in STAFF:
        told = after[who]
        assert told["application"] == told["timeline"] == GONE, who
        assert told["reviews"] == told["messages"] == told["notes of the staff"] == GONE, who
        assert told["grant"] == (GONE if who in ("officer", "finance") else before[who]["grant"]), who
        assert not [each for each, text in told.items() if CANARY_TITLES[0] in text], who
        for listed in ("applications", "ranking", "jury", "notes", "payments"):
            assert season.application1 not in told[listed], (who, listed)
            assert season.things["grant"] not in told[listed], (who, listed)
    assert CANARY_TITLES[1] in after["officer"]["applications"]  # the other artist named nobody
    assert after["officer"]["counts"] != before["officer"]["counts"]
    assert "You declared a conflict" not in "".join(text for told in after.values() for text in told.values())

    mine = await profiles.mine(season.reader, season.artist1)
    assert [each.named for each in mine.excluded] == [f"{who}@example.org" for who in STAFF]
    stored = season.rows(
        "SELECT convert_from(document, 'UTF8') FROM history.facts WHERE topic = 'person.reader_excluded.v1'"
    )
    names = season.rows("SELECT name FROM history.indexes WHERE name LIKE 'kept from %'")
    text = "".join(str(row[0]) for row in (*stored, *names))
    assert len(stored) == len(names) == len(STAFF)
    assert not [who for who in STAFF if season.people[who] in text or f"{who}@" in text]

    for each in mine.excluded:
        await season.run("person.allow_reader", season.artist1, person=season.artist1, exclusion=each.id)
    season.project()
    assert {who: await everything(season, who) for who in (*STAFF, "funder")} == before


async def test_a_grant_that_does_not_open_is_a_sum_in_the_fund_and_nothing_counts_its_application(
    season: Season,
) -> None:
    """Its entries stay, for otherwise the fund's sums would not add up; but nothing leads from them to the grant."""
    await season.whole("open")
    season.project()
    reader, grant, handle = season.reader, season.things["grant"], await _handle(season)

    async def told(who: str) -> dict[str, str]:
        viewer, call = season.people[who], season.call
        asked: dict[str, Awaitable[Any]] = {
            "ledger": ledger.of_fund(reader, viewer, season.fund, limit=MOST),
            "followed": following.of_fund(reader, viewer, season.fund),
            "funded": funded.mine(reader, viewer, season.initiative),
            "timeline of the fund": timeline.of_fund(reader, viewer, season.fund, limit=MOST),
            "timeline of the call": timeline.of_call(reader, viewer, call, limit=MOST),
            "call": calls.one(reader, viewer, call),
            "calls": calls.of_initiative(reader, viewer, season.initiative),
            "round": rounds.one(reader, viewer, season.round),
        }
        return {name: await answered(asking) for name, asking in asked.items()}

    everybody = ("officer", "finance", "funder", "approver")
    before = {who: await told(who) for who in everybody}
    assert all(grant in before[who]["ledger"] and handle in before[who]["followed"] for who in everybody)
    assert '"received":2' in before["officer"]["round"]
    sums = (await ledger.of_fund(reader, season.officer, season.fund, limit=MOST)).entries.items
    for who in ("officer", "finance", "funder"):
        await name(season, season.people[who])
    after = {who: await told(who) for who in everybody}

    assert after["approver"] == before["approver"]
    for who in ("officer", "finance", "funder"):
        for asked, text in after[who].items():
            told_of = [each for each in (grant, season.application1, handle) if each in text]
            assert not told_of, (who, asked, told_of)
    for asked in ("call", "calls", "round"):
        assert '"received":1' in after["officer"][asked], asked
    assert "with 1 application." in after["officer"]["timeline of the call"]
    assert "on a ranking of 1 application." in after["officer"]["timeline of the call"]
    hidden = (await ledger.of_fund(reader, season.officer, season.fund, limit=MOST)).entries.items
    assert [each.lines for each in hidden] == [each.lines for each in sums]
    payments = (await following.of_fund(reader, season.funder, season.fund)).items
    assert payments
    assert {(each.grant, each.call, each.handle) for each in payments} == {(None, None, None)}


async def test_earlier_counts_of_a_round_leave_it_out_too(season: Season) -> None:
    """What is hidden is counted as of the same moment, also after the round was opened again."""
    await season.begin("open")
    await season.apply()
    season.office.now = DEADLINE + timedelta(minutes=1)
    await season.run("round.close", season.officer, round=season.round)
    await name(season, season.officer)
    closed = max(season.positions().values())

    async def received(as_of: AsOf | None = None) -> tuple[int | None, ...]:
        season.project()
        reader, officer = season.reader, season.officer
        call = await calls.one(reader, officer, season.call, as_of=as_of)
        listed = await calls.of_initiative(reader, officer, season.initiative, as_of=as_of)
        round = await rounds.one(reader, officer, season.round, as_of=as_of)
        return round.received, call.rounds[0].received, listed.items[0].rounds[0].received

    assert await received() == (1, 1, 1)
    season.office.now += timedelta(minutes=1)
    await season.run(
        "round.grant_late_access",
        season.officer,
        round=season.round,
        applicant=season.artist2,
        until=(season.office.now + timedelta(days=1)).replace(tzinfo=None),
        reason="technical_trouble",
    )
    assert await received() == (None, None, None)
    assert await received(AsOf(closed)) == (1, 1, 1)


async def test_if_no_officer_may_read_it_the_only_one_is_told_to_open_the_panel(season: Season) -> None:
    """Otherwise nobody would be. Where a colleague may, it is the colleague."""
    await season.begin("open")
    season.things["application1"] = await season.run(
        "application.submit",
        season.artist1,
        call=season.call,
        round=season.round,
        title=CANARY_TITLES[0],
        requested=eur("1500.00"),
        answers={"idea": "An idea", "born": "A village"},
    )
    season.office.now = DEADLINE + timedelta(minutes=1)
    await season.run("round.close", season.officer, round=season.round)
    await name(season, season.officer)
    assert [each.kind for each in await waits(season, "officer")] == [WorkKind.OPEN_PANEL]
    await season.member("newcomer", Role.OFFICER)
    assert await waits(season, "officer") == []
    assert [each.kind for each in await waits(season, "newcomer")] == [WorkKind.CHECK]


async def _handle(season: Season) -> str:
    shown = await grants.one(season.reader, season.officer, season.things["grant"])
    assert shown.handle is not None
    return shown.handle


async def test_a_profile_replaces_the_name_that_is_shown(season: Season) -> None:
    await season.begin()
    person = season.artist1
    fields = {"language": "ru", "languages": ("ru", "ka"), "time_zone": "Asia/Tbilisi", "contact": "Signal"}
    await season.run("person.change_profile", person, person=person, name="Новое имя", **fields)
    season.project()
    found = await profiles.mine(season.reader, person)
    assert (found.name, found.language, found.languages) == ("Новое имя", "ru", ("ru", "ka"))
    assert (found.time_zone, found.contact, found.excluded) == ("Asia/Tbilisi", "Signal", ())


async def name(season: Season, reader: str) -> None:
    """The first artist names somebody."""
    await season.run(
        "person.exclude_reader",
        season.artist1,
        person=season.artist1,
        reader=reader,
        named="them@example.org",
    )
    season.project()


async def test_an_application_of_ones_organisation_is_kept_from_a_juror_who_was_asked_before_and_from_staff(
    season: Season,
) -> None:
    await season.begin("open")
    house = await season.run("organisation.register", season.artist1, name="Winter house")
    for number, applicant in ((1, house), (2, season.artist2)):
        season.things[f"application{number}"] = await season.run(
            "application.submit",
            season.people[f"artist{number}"],
            call=season.call,
            round=season.round,
            applicant=applicant,
            title=CANARY_TITLES[number - 1],
            requested=eur("1500.00"),
            answers={"idea": "A house", "born": "1990"},
        )
    await season.close()
    await season.assign()
    season.project()
    reader, officer, juror = season.reader, season.officer, season.juror
    review = season.reviews["juror", "application1"]

    async def told() -> tuple[Any, ...]:
        jury = await round_jury.of_round(reader, officer, season.round)
        (place,) = (each for each in jury.applications if each.application == season.application1)
        (asked,) = (each for each in jury.reviews.items if each.review == review)
        listed = (await reviews.of_application(reader, officer, season.application1)).items
        (shown,) = (each for each in listed if each.id == review)
        assert asked.blocked == shown.blocked
        at_work = next(each for each in jury.jurors if each.person == juror)
        return str(asked.blocked), place.owed, at_work.owed

    before = await told()
    assert before[0] == "None"
    await name(season, juror)
    assert await told() == (
        "This person cannot be asked to judge this application; ask another juror.",
        before[1] - 1,
        before[2] - 1,
    )
    assert await answered(reviews.one(reader, juror, review)) == GONE
    assert review not in await answered(own_reviews.mine(reader, juror, limit=MOST))
    assert review not in str(await own_reviews.own_in_round(reader, juror, season.round))

    await name(season, officer)
    found = await everything(season, "officer")
    assert found["application"] == found["timeline"] == found["reviews"] == GONE
    for listed in ("applications", "jury", "ranking"):
        assert season.application1 not in found[listed], listed
        assert season.application2 in found[listed] or listed == "ranking", listed
    assert '"count":1' in found["counts"]
