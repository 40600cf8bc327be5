"""What the database holds of an invitation: a digest of its secret, and for whom it is only sealed and only until it is
answered."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import psycopg
import pytest

from api.accounts.invitations import Invited
from api.accounts.inviting_again import send_again
from api.app import make_app
from api.drafts.drafts import DraftPlace
from api.locales import Locale
from api.run.wiring import Wiring
from domain.commands.initiatives import AppointAdministrator, FoundInitiative
from domain.commands.persons import RegisterPerson
from domain.deciding import Command
from domain.refusals import Invalid, NotFound, Refused
from domain.values import SYSTEM, Channel, Role
from history.requests import KeyReused, Request
from tests.accounts.test_sessions import anyio_backend, wired

__all__ = ["anyio_backend", "wired"]

pytestmark = pytest.mark.anyio

ADDRESS = "Invited.Person@example.org"


async def run(wired: Wiring, command: Command) -> str:
    request = Request(command=command, actor=SYSTEM, channel=Channel.CLI)
    return (await wired.runner.run(request)).stream


def found_in(database_url: str, *texts: str) -> list[str]:
    """The tables in which one of these texts can be read, also as bytes."""
    wanted = [each.lower() for text in texts for each in (text, text.encode().hex())]
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('accounts', 'history', 'read')"
        ).fetchall()
        return [
            name
            for (name,) in tables
            for (row,) in connection.execute(f"SELECT t::text FROM {name} t".encode()).fetchall()
            if any(each in row.lower() for each in wanted)
        ]


async def test_nothing_in_the_database_tells_whom_an_invitation_is_for(
    wired: Wiring, database_url: str
) -> None:
    administrator = await run(wired, RegisterPerson(name="Administrator"))
    await run(wired, AppointAdministrator(person=administrator))
    initiative = await run(wired, FoundInitiative(name="Invented", founder=administrator))
    # Somebody is registered with one of the addresses; nothing differs.
    await run(wired, RegisterPerson(name="Known", email="known@example.org"))
    made = []
    for number, address in enumerate((ADDRESS, "known@example.org")):
        invited = Invited(initiative=initiative, roles=(Role.JUROR,), email=address)
        made += [
            await wired.invitations.make(
                invited, actor=administrator, channel=Channel.API, locale=Locale("ru"), key=f"key-{number}"
            )
            for _ in range(2)  # pressed twice
        ]
    assert len({each.id for each in made}) == 2
    assert {each.link for each in made} == {None}
    letters = await wired.outbox.all(opened=True)
    assert sorted(each.written.to for each in letters if each.written) == [
        "Invited.Person@example.org",
        "known@example.org",
    ]
    assert found_in(database_url, ADDRESS, "known@example.org") == []
    assert found_in(database_url, initiative) != []  # what is there is found

    shown = await wired.invitations.all(wired.reader, administrator, initiative, now=wired.clock())
    assert {line.for_whom for line in shown.items} == {ADDRESS, "known@example.org"}
    with pytest.raises(KeyReused):
        await wired.invitations.make(
            Invited(initiative=initiative, roles=(Role.JUROR,), email="other@example.org"),
            actor=administrator,
            channel=Channel.API,
            locale=Locale("ru"),
            key="key-0",
        )


async def test_a_link_works_once_and_its_note_is_deleted_with_the_answer(
    wired: Wiring, database_url: str
) -> None:
    administrator = await run(wired, RegisterPerson(name="Administrator"))
    await run(wired, AppointAdministrator(person=administrator))
    initiative = await run(wired, FoundInitiative(name="Invented", founder=administrator))
    guest = await run(wired, RegisterPerson(name="Guest"))
    invited = Invited(initiative=initiative, roles=(Role.FINANCE,), note="For the guest")
    made = await wired.invitations.make(
        invited, actor=administrator, channel=Channel.API, locale=Locale("en"), key=None
    )
    assert made.link is not None
    secret = made.link.rpartition("/")[2]
    assert found_in(database_url, secret, "For the guest") == []
    for wrong in ("owi_" + "x" * 43, "", secret[:-1]):
        with pytest.raises(NotFound):
            await wired.invitations.find(wrong)
    await wired.invitations.accept(secret, person=guest, channel=Channel.API)
    with pytest.raises(Refused):
        await wired.invitations.decline(secret, channel=Channel.API)
    assert await wired.invitations.for_whom([made.id]) == {}
    with pytest.raises(Invalid):
        await wired.invitations.make(
            Invited(initiative=initiative, roles=(Role.FINANCE,), email="no address"),
            actor=administrator,
            channel=Channel.API,
            locale=Locale("en"),
            key=None,
        )


async def test_a_letter_is_sent_again_once_however_often_it_is_asked_for(wired: Wiring) -> None:
    administrator = await run(wired, RegisterPerson(name="Administrator"))
    await run(wired, AppointAdministrator(person=administrator))
    initiative = await run(wired, FoundInitiative(name="Invented", founder=administrator))
    invited = Invited(initiative=initiative, roles=(Role.JUROR,), email=ADDRESS)
    first = await wired.invitations.make(
        invited, actor=administrator, channel=Channel.API, locale=Locale("en"), key=None
    )

    async def again(key: str, *, sends: bool = True) -> str:
        made = await send_again(
            wired.invitations,
            wired.reader,
            first.id,
            initiative=initiative,
            actor=administrator,
            channel=Channel.API,
            locale=Locale("ru"),
            key=key,
            now=wired.clock(),
            sends=sends,
        )
        return made.id

    async def still_open() -> list[str]:
        shown = await wired.invitations.all(wired.reader, administrator, initiative, now=wired.clock())
        return [each.id for each in shown.items if each.status == "open"]

    with pytest.raises(Refused, match="sends no letters"):
        await again("first", sends=False)
    assert await still_open() == [first.id]
    # Two requests at the same time, each with a key of its own.
    answers = await asyncio.gather(again("first"), again("second"), return_exceptions=True)
    (second,) = [each for each in answers if isinstance(each, str)]
    (refused,) = [each for each in answers if not isinstance(each, str)]
    assert isinstance(refused, Refused)
    assert await still_open() == [second]
    letters = await wired.outbox.all(opened=True)
    assert [each.written.to for each in letters if each.written] == [ADDRESS] * 2
    # The address of the earlier one is deleted, and the request that succeeded is answered as before.
    await wired.invitations.sweep()
    keys = ("first", "second") if answers[0] == second else ("second", "first")
    assert await again(keys[0]) == second
    with pytest.raises(Refused, match="sent again already"):
        await again(keys[1])
    assert len(await wired.outbox.all(opened=False)) == 2


async def test_an_address_is_refused_where_the_site_sends_no_letters(wired: Wiring) -> None:
    """Its letter would wait for ever, and nobody would have the link."""
    administrator = await run(wired, RegisterPerson(name="Administrator"))
    token = await wired.tokens.make(administrator, label="test", made_by=administrator)
    drafts = DraftPlace(administrator, f"call-{'1' * 32}", "application.submit")
    draft = await wired.drafts.save(drafts, {}, seen=0, kept_until=wired.clock() + timedelta(days=9))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=make_app(wired)),
        base_url="http://127.0.0.1:8000",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        for thing, roles in (
            (f"initiatives/initiative-{'1' * 32}", {"roles": ["finance"]}),
            (f"drafts/{draft.id}", {}),
        ):
            answer = await client.post(f"/api/{thing}/invitations", json={**roles, "email": ADDRESS})
            assert answer.status_code == 422, thing
            assert "sends no letters" in answer.text
