"""The staff, the chair and those who pay are told that work waits for them: in one letter a day at most, and only while it waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.letters import reaction
from api.letters.composing import NEWS
from api.letters.sending import send_waiting
from domain.grants.facts import GrantReportSubmitted
from domain.refusals import NotFound
from domain.values import Role
from projections.letters.telling import Tidings
from projections.letters.work_added import workers
from projections.reader import Behind, Reader
from tests.letters.conftest import Post
from tests.letters.test_outbox import SENDER, Server
from tests.projections.conftest import DEADLINE, eur
from tests.projections.test_changed_grants import granted
from tests.projections.test_judging_staff import holds

pytestmark = pytest.mark.anyio

WORK = "work-waits"


async def later(post: Post, **passed: float) -> None:
    """Some time passes, and letters are written."""
    post.season.project()
    post.office.now += timedelta(**passed)
    await post.write()


async def told(post: Post, name: str) -> str:
    """The only letter to somebody that work waits."""
    (text,) = [
        each.written.text
        for each in await post.wired.outbox.all(opened=True)
        if each.name == WORK and each.written and each.written.to == post.addresses[name]
    ]
    return text


async def closed(post: Post) -> None:
    """A call whose round is closed, with two applications to check, for an officer with an address."""
    season = await post.season.begin()
    await post.confirm("officer")
    await season.apply()
    post.office.now = DEADLINE + timedelta(minutes=1)
    await season.run("round.close", season.officer, round=season.round)


async def resubmitted(post: Post) -> None:
    """The officer returns an application, and the artist submits it again."""
    season = post.season
    await season.run(
        "application.return",
        season.officer,
        application=season.application1,
        questions="Please say more.",
        resubmit_by=(post.office.now + timedelta(days=9)).replace(tzinfo=None),
    )
    await season.run(
        "application.resubmit",
        season.artist1,
        application=season.application1,
        title="Title",
        requested=eur("1500.00"),
        answers={"idea": "An idea", "born": "A village"},
    )


async def works(post: Post, name: str = "officer") -> int:
    """How many letters that work waits somebody got."""
    return (await post.kinds(name)).count(WORK)


async def test_each_is_told_once_a_day_what_waits_for_them(post: Post) -> None:
    season = await post.season.begin()
    for name in ("officer", "chair", "finance", "approver", "juror", "artist1"):
        await post.confirm(name)
    await season.apply()
    await season.close()
    await season.assign()
    await season.judge()
    await season.open_panel()
    await later(post, minutes=1)
    assert WORK not in await post.kinds()
    await later(post, minutes=10)
    (letter,) = await post.letters("chair")
    assert letter.subject == "There is news for you"
    assert letter.text.startswith(f"{NEWS}\n\nWork waits for you.\n\nWaiting now: 1 panel to decide in.")
    assert f"{post.wired.settings.address}/me\n" in letter.text
    for name in ("officer", "finance", "approver", "juror", "artist1"):
        assert WORK not in await post.kinds(name)
    # The decision is announced before the letter is written, so nobody is told to confirm it.
    await season.decide()
    await later(post, days=1)
    assert (await post.kinds("chair")).count(WORK) == 1
    assert "Waiting now: 1 grant to offer." in await told(post, "officer")


async def test_what_was_done_in_time_takes_no_letter_from_what_is_added_later_and_who_wants_none_gets_none(
    post: Post,
) -> None:
    season = await post.season.begin()
    for name in ("officer", "chair", "finance"):
        await post.confirm(name)
    await season.run(
        "person.choose_letters",
        season.chair,
        person=season.chair,
        letters="all_but_work",
        subjects="discreet",
    )
    await season.apply()
    await season.close()
    await season.assign()
    await season.judge()
    await season.open_panel()
    await later(post, minutes=30)
    assert WORK not in await post.kinds("chair")
    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.application1,
        outcome="decline",
        reason="other",
    )
    await season.run(
        "panel.set_outcome",
        season.chair,
        panel=season.panel,
        application=season.application2,
        outcome="decline",
        reason="other",
    )
    await season.run("panel.close", season.chair, panel=season.panel)
    await later(post, minutes=11)
    (letter,) = await post.letters("officer")
    assert "1 decision of a panel to confirm" in letter.text


async def test_what_was_told_is_not_told_again_until_something_is_added(post: Post) -> None:
    await closed(post)
    await later(post, minutes=11)
    assert "2 applications to check" in await told(post, "officer")
    for _ in range(3):
        await later(post, days=1)
    assert await works(post) == 1


async def test_what_is_added_on_the_same_day_is_told_a_day_after_the_last_letter(post: Post) -> None:
    await closed(post)
    await later(post, minutes=11)
    await later(post, hours=5)
    await resubmitted(post)
    await later(post, hours=18)
    assert await works(post) == 1
    await later(post, hours=1)
    assert await works(post) == 2


async def test_after_days_without_letters_there_is_one(post: Post) -> None:
    await closed(post)
    post.office.now += timedelta(days=2)
    await resubmitted(post)
    await later(post, days=2)
    assert await works(post) == 1
    await later(post, days=2)
    assert await works(post) == 1


async def test_a_letter_that_waited_for_the_morning_is_that_days(post: Post) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    await closed(post)
    await later(post, minutes=11)
    post.office.now = datetime(2026, 3, 18, 21, 30, tzinfo=berlin)
    await post.season.run(
        "person.change_profile",
        post.season.officer,
        person=post.season.officer,
        name="Officer",
        language="en",
        time_zone="Europe/Berlin",
    )
    await resubmitted(post)
    await later(post, minutes=11)
    post.office.now = datetime(2026, 3, 19, 7, 0, tzinfo=berlin)
    await resubmitted(post)
    assert await works(post) == 1
    for _ in range(3):
        await later(post, hours=2)
    assert await works(post) == 2


async def test_while_the_read_models_are_behind_other_letters_are_written(post: Post) -> None:
    await closed(post)
    await post.confirm("artist1")
    post.office.now += timedelta(minutes=11)
    await post.write()
    assert await works(post) == 0
    assert await post.kinds("artist1") != []
    # It is neither lost nor forgotten.
    await later(post, minutes=4)
    assert await works(post) == 0
    await later(post, minutes=1)
    assert "2 applications to check" in await told(post, "officer")


async def test_a_letter_whose_read_model_is_behind_holds_up_no_other(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def behind(_reader: Reader, _person: str, *, now: datetime) -> Tidings | None:
        raise Behind("behind")

    await closed(post)
    await post.confirm("artist1")
    await post.write()
    with monkeypatch.context() as patched:
        patched.setattr(reaction, "work_tidings", behind)
        await resubmitted(post)
        await later(post, minutes=11)
        assert await works(post) == 0
        assert (await post.kinds("artist1")).count("application-received") == 2
        await later(post, minutes=4)
    await later(post, minutes=2)
    assert await works(post) == 1
    # Nor does it when it is sent.
    with monkeypatch.context() as patched, Server().running() as address:
        patched.setattr(reaction, "work_tidings", behind)
        told = post.wired.reaction.still_told
        assert await send_waiting(post.wired.outbox, address, SENDER, still_told=told) > 0
    assert await works(post) == 1


async def test_a_role_that_is_removed_meanwhile_only_ends_what_is_told(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise NotFound

    await closed(post)
    await later(post, minutes=11)
    ((key,),) = post.rows(f"SELECT notice FROM accounts.outbox WHERE name = '{WORK}'")
    assert isinstance(key, bytes)
    assert await post.wired.reaction.still_told(key)
    monkeypatch.setattr("projections.calls.of_initiative", refused)
    assert not await post.wired.reaction.still_told(key)


async def changed_payee(post: Post) -> None:
    """The recipient changes the bank details; they are confirmed, and an instalment is requested and approved twice at once."""
    season = post.season
    one = await granted(season)
    await post.confirm("finance")
    await season.run("grant.submit_report", season.artist1, **one, text="Done.")
    await season.run("grant.accept_report", season.officer, **one, report=1)
    await season.run(
        "grant.set_payee", season.artist1, **one, kind="recipient", name="Another", account="Another 1"
    )
    await season.run("grant.confirm_payee", season.finance, **one, setting=2)
    await season.run("instalment.request", season.artist1, **one, instalment=2)
    await season.run("instalment.approve", season.finance, **one, instalment=2)
    await season.run("instalment.approve", season.approver, **one, instalment=2)


PAYMENT = "1 payment to make in your bank"


async def test_finance_is_told_when_the_waiting_time_after_new_bank_details_is_over(post: Post) -> None:
    """No fact happens then."""
    await changed_payee(post)
    await later(post, minutes=11)
    assert await works(post, "finance") == 0
    await later(post, hours=23)
    assert await works(post, "finance") == 0
    await later(post, hours=1)
    assert PAYMENT in await told(post, "finance")
    for _ in range(3):
        await later(post, days=1)
    assert await works(post, "finance") == 1


async def test_a_letter_that_is_written_during_the_waiting_time_takes_none_from_its_end(post: Post) -> None:
    await changed_payee(post)
    await later(post, minutes=11)
    await holds(post.season, "finance", Role.FINANCE, Role.OFFICER)
    await post.season.run(
        "grant.submit_report", post.season.artist1, grant=post.season.things["grant"], text="More."
    )
    await later(post, minutes=11)
    assert PAYMENT not in await told(post, "finance")
    # A day after that letter, for there is at most one a day.
    await later(post, hours=23, minutes=50)
    assert await works(post, "finance") == 1
    await later(post, minutes=11)
    assert await works(post, "finance") == 2
    assert any(PAYMENT in each.text for each in await post.letters("finance"))


async def test_what_ends_by_then_is_not_told(post: Post) -> None:
    await changed_payee(post)
    await later(post, minutes=11)
    await post.season.run(
        "grant.terminate", post.season.officer, grant=post.season.things["grant"], reason="terms_broken"
    )
    await later(post, days=2)
    assert await works(post, "finance") == 0
    assert post.rows(f"SELECT * FROM accounts.notices WHERE kind = '{WORK}' AND NOT settled") == []


async def test_who_has_a_tie_to_an_application_is_not_noted_for_work_on_it(post: Post) -> None:
    """They are not shown that work, and a letter that lists only what waited before would tell them that something happened."""
    season = post.season
    one = await granted(season)
    fact = GrantReportSubmitted(**one, report=1, dossier="-", text="-")
    reader = post.wired.reader
    assert await workers(reader, fact) == (season.officer,)
    await season.run(
        "person.exclude_reader",
        season.artist1,
        person=season.artist1,
        reader=season.officer,
        named="officer@example.org",
    )
    assert await workers(reader, fact) == ()
