"""Who gave which role to whom: told to every member, who judges to those alone who see all members."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from domain.persons.state import PERSON
from domain.refusals import NotFound
from domain.values import Role
from projections import members
from projections.members import NamedPerson, RoleEntry
from tests.projections.conftest import Season

pytestmark = pytest.mark.anyio


async def told(season: Season, viewer: str) -> tuple[RoleEntry, ...]:
    """What somebody reads, without the numbers that make the office's names different."""
    page = await members.given_roles(season.reader, season.people[viewer], season.initiative, limit=100)
    assert page.next is None
    return tuple(
        msgspec.structs.replace(entry, person=plain(entry.person), by=entry.by and plain(entry.by))
        for entry in page.items
    )


def plain(shown: NamedPerson) -> NamedPerson:
    return msgspec.structs.replace(shown, name=shown.name and re.sub(r" [0-9]+\Z", "", shown.name))


def names(entries: tuple[RoleEntry, ...]) -> list[tuple[str | None, tuple[Role, ...]]]:
    """Whom the entries name, and with which roles."""
    return [(entry.person.name, entry.roles) for entry in entries]


async def test_staff_reads_every_name(season: Season) -> None:
    await season.begin()
    administrator = NamedPerson(person=season.administrator, name="Person of the Test")
    entries = await told(season, "officer")
    assert {entry.by for entry in entries} <= {None, administrator}
    assert names(entries)[-3:] == [
        ("Person funder", (Role.FUNDER,)),
        ("Person second_juror", (Role.JUROR,)),
        ("Person third_juror", (Role.JUROR,)),
    ]


@pytest.mark.parametrize("viewer", ["funder", "juror", "chair", "finance", "approver"])
async def test_other_members_read_who_holds_money_and_runs_calls_and_not_who_judges(
    season: Season, viewer: str
) -> None:
    await season.begin()
    entries = await told(season, viewer)
    of_initiative = [entry for entry in entries if entry.topic == "initiative.member_added.v1"]
    shown = {
        "officer": "Person officer",
        "finance": "Person finance",
        "approver": "Person approver",
        viewer: f"Person {viewer}",
    }
    members_in_order = (
        "officer", "juror", "chair", "finance", "approver", "funder", "second_juror", "third_juror",
    )  # fmt: skip
    assert [entry.person for entry in of_initiative] == [
        NamedPerson(person=season.people[name], name=shown[name])
        if name in shown
        else NamedPerson(person=None, name=None)
        for name in members_in_order
    ]
    jury = {Role.JUROR, Role.CHAIR}
    assert [bool(jury.intersection(entry.roles)) for entry in of_initiative] == [
        name == viewer and name in ("juror", "chair") for name in members_in_order
    ]


async def test_a_claim_for_a_member_is_told_and_one_for_a_stranger_is_not(season: Season) -> None:
    await season.begin()
    for person in (season.finance, season.artist1):
        await season.run("person.make_claim", season.administrator, person=person)
        claim = (await season.reader.the(PERSON, person)).claims[-1].id
        await season.run("person.use_claim", person, person=person, claim=claim)
    await season.run("person.make_claim", season.administrator, person=season.finance)
    finance = NamedPerson(person=season.finance, name="Person finance")
    claims = [entry for entry in await told(season, "funder") if entry.topic.startswith("person.")]
    assert [(str(entry.what), entry.person) for entry in claims] == [
        ("A one-time key was made.", finance),
        ("A one-time key was exchanged for access.", finance),
        ("A one-time key for additional access was made.", finance),
    ]


@pytest.mark.parametrize("viewer", ["funder", "finance", "third_juror"])
async def test_a_juror_s_claims_name_nobody_to_other_members(season: Season, viewer: str) -> None:
    """Whoever uses a claim, or withdraws their own, is the actor of that fact and is not named by it either."""
    await season.begin()
    for command in ("person.use_claim", "person.withdraw_claim"):
        await season.run("person.make_claim", season.administrator, person=season.juror)
        claim = (await season.reader.the(PERSON, season.juror)).claims[-1].id
        await season.run(command, season.juror, person=season.juror, claim=claim)
    nobody = NamedPerson(person=None, name=None)
    administrator = NamedPerson(person=season.administrator, name="Person of the Test")
    claims = [entry for entry in await told(season, viewer) if entry.topic.startswith("person.")]
    assert [(str(entry.what), entry.person, entry.by) for entry in claims] == [
        ("A one-time key was made.", nobody, administrator),
        ("A one-time key was exchanged for access.", nobody, nobody),
        ("A one-time key for additional access was made.", nobody, administrator),
        ("A one-time key was withdrawn.", nobody, nobody),
    ]
    juror = NamedPerson(person=season.juror, name="Person juror")
    assert [entry.by for entry in (await told(season, "juror"))[-4:]] == [administrator, juror] * 2
    assert {entry.person for entry in (await told(season, "officer"))[-4:]} == {juror}


async def test_a_name_stays_told_when_the_role_is_gone(season: Season) -> None:
    await season.begin()
    await season.run(
        "initiative.remove_member", season.administrator, initiative=season.initiative, person=season.finance
    )
    last = (await told(season, "juror"))[-1]
    assert (str(last.what), last.person.name) == ("All roles were removed.", "Person finance")


@pytest.mark.parametrize(
    ("viewer", "names_jury", "call_named"),
    [("officer", True, True), ("funder", False, False)],
)
async def test_roles_for_one_call_are_told_like_all_others(
    season: Season, viewer: str, names_jury: bool, call_named: bool
) -> None:
    """Else roles could be gathered call by call, unseen; who judges a call is told as who judges at all."""
    await season.begin()
    for person, role in ((season.artist1, "juror"), (season.artist2, "officer")):
        await season.run(
            "call.add_member", season.administrator, call=season.call, person=person, roles=(Role(role),)
        )
    await season.run("call.remove_member", season.administrator, call=season.call, person=season.artist1)
    given, office, taken = (await told(season, viewer))[-3:]
    assert [str(entry.what) for entry in (given, office, taken)] == [
        "Roles for one call only were given.",
        "Roles for one call only were given.",
        "Roles for one call only were removed.",
    ]
    assert (given.person.person, given.roles) == (
        (season.artist1, (Role.JUROR,)) if names_jury else (None, ())
    )
    assert (office.person.person, office.roles) == (season.artist2, (Role.OFFICER,))
    assert taken.person == given.person
    assert {entry.call for entry in (given, office, taken)} == {season.call if call_named else None}


async def test_a_claim_for_somebody_who_holds_roles_for_one_call_alone_is_told(season: Season) -> None:
    await season.begin()
    await season.run(
        "call.add_member",
        season.administrator,
        call=season.call,
        person=season.artist1,
        roles=(Role.OFFICER,),
    )
    await season.run("person.make_claim", season.administrator, person=season.artist1)
    last = (await told(season, "funder"))[-1]
    assert (str(last.what), last.person.person) == ("A one-time key was made.", season.artist1)


@pytest.mark.parametrize("viewer", ["artist1", "finance"])
async def test_whoever_is_no_member_reads_nothing(season: Season, viewer: str) -> None:
    await season.begin()
    await season.run(
        "initiative.remove_member", season.administrator, initiative=season.initiative, person=season.finance
    )
    for initiative in (season.initiative, "initiative-" + "0" * 32, season.call):
        with pytest.raises(NotFound):
            await members.given_roles(season.reader, season.people[viewer], initiative)


async def test_it_is_read_page_by_page(season: Season) -> None:
    await season.begin()
    whole = (await members.given_roles(season.reader, season.officer, season.initiative, limit=100)).items
    found: list[Any] = []
    cursor = None
    for _ in range(len(whole)):
        page = await members.given_roles(
            season.reader, season.officer, season.initiative, cursor=cursor, limit=2
        )
        found += page.items
        cursor = page.next
        if cursor is None:
            break
    assert tuple(found) == whole
