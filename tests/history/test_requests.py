"""The answers to requests: the same key again, a stale version, and roles that another process changed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from domain.commands.register import REGISTER
from domain.deciding import (
    Allowed,
    Command,
    CommandContext,
    Fact,
    Outcome,
    Plan,
    PlannedCommand,
    Registered,
    the,
    together,
)
from domain.initiatives.state import INITIATIVE
from domain.persons.facts import PersonHandleGiven
from domain.persons.state import PERSON
from domain.refusals import NotFound, Refused
from domain.values import Role
from history.implied import BY_REQUEST
from history.requests import KeyReused, Stale
from tests.history.conftest import Office, Offices

pytestmark = pytest.mark.anyio


async def test_the_same_key_and_request_is_answered_again_and_done_once(office: Office) -> None:
    """The second answer is the first, although the command would be refused by now."""
    administrator, initiative = await office.opened()
    person = await office.person()
    ask = {"initiative": initiative, "person": person, "roles": (Role.JUROR,)}

    first = await office.run("initiative.add_member", administrator, key="k-1", **ask)
    rows = office.rows()
    second = await office.run("initiative.add_member", administrator, key="k-1", **ask)

    assert second.repeated
    assert not first.repeated
    assert (second.stream, second.version, second.leaf, second.positions) == (
        first.stream,
        first.version,
        first.leaf,
        first.positions,
    )
    assert office.rows() == rows


async def test_the_same_key_sent_twice_at_once_is_done_once(offices: Offices) -> None:
    """Two processes get the same request at the same moment, as after a client's time-out."""
    one, two = await offices(), await offices()
    administrator, _ = await one.opened()
    await two.person()
    before = len(one.rows())

    answers = await asyncio.gather(
        *(
            office.run(
                "person.register", administrator, key="k-2", name="Once Only", email=None, language="en"
            )
            for office in (one, two, one, two)
        )
    )

    assert len({answer.stream for answer in answers}) == 1
    assert sorted(answer.repeated for answer in answers) == [False, True, True, True]
    assert len(one.rows()) == before + 1


async def test_the_same_key_with_another_request_is_refused(office: Office) -> None:
    """Nothing is written for it."""
    administrator, initiative = await office.opened()
    person = await office.person()
    await office.run(
        "initiative.add_member",
        administrator,
        key="k",
        initiative=initiative,
        person=person,
        roles=(Role.JUROR,),
    )
    rows = office.rows()

    with pytest.raises(KeyReused):
        await office.run(
            "initiative.add_member",
            administrator,
            key="k",
            initiative=initiative,
            person=person,
            roles=(Role.OFFICER,),
        )

    assert office.rows() == rows


async def test_a_command_that_has_nothing_to_do_is_answered_as_if_it_were_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a fact, or with one in another stream alone; and the answer that a key remembers comes first."""
    administrator, initiative = await office.opened()
    given = REGISTER["initiative.describe"].request

    def nothing(command: Command, context: CommandContext) -> Plan:
        yield from together(the(INITIATIVE, initiative), the(PERSON, administrator))
        return PlannedCommand(
            may=Allowed(Role.ADMINISTRATOR),
            decide=lambda: Outcome(facts=facts, answers=initiative),
            initiative=initiative,
        )

    entry = Registered("initiative.describe", given, nothing)
    describe = {"initiative": initiative, "contact": "https://example.org"}
    first = await office.run("initiative.describe", administrator, key="k-1", **describe)
    monkeypatch.setitem(BY_REQUEST, given, entry)  # type: ignore[arg-type]
    written = office.rows()
    facts: dict[str, tuple[Fact, ...]] = {initiative: ()}
    again = await office.run("initiative.describe", administrator, key="k-1", **describe)
    answer = await office.run("initiative.describe", administrator, **describe)

    assert again.repeated
    assert answer == replace(again, repeated=False) == first
    assert (answer.leaf, answer.positions) == (written[-1][5], (written[-1][0],))
    assert office.rows() == written

    facts = {administrator: (PersonHandleGiven(person=administrator, scope=initiative, handle="k7m2p9qrst"),)}
    elsewhere = await office.run("initiative.describe", administrator, key="k-2", **describe)
    assert (elsewhere.stream, elsewhere.version, elsewhere.leaf) == (initiative, first.version, first.leaf)
    assert elsewhere.position == len(written) + 1
    repeated = await office.run("initiative.describe", administrator, key="k-2", **describe)
    assert repeated == replace(elsewhere, repeated=True)


async def test_keys_of_different_people_do_not_meet(office: Office) -> None:
    """A key is the client's own: the same text from somebody else is another key."""
    administrator, _initiative = await office.opened()
    other = await office.person()
    await office.run("installation.appoint", administrator, person=other)

    first = await office.run("initiative.found", administrator, key="same", name="One")
    second = await office.run("initiative.found", other, key="same", name="One")

    assert first.stream != second.stream


async def test_a_stale_version_is_refused_and_told(office: Office) -> None:
    """A client that insists on a version learns the present one, and nothing is written."""
    administrator, initiative = await office.opened()
    person = await office.person()
    first, second = (office.runner.version_tag(administrator, initiative, version) for version in (1, 2))
    await office.run(
        "initiative.add_member",
        administrator,
        initiative=initiative,
        person=person,
        roles=(Role.JUROR,),
        expected=first,
    )
    rows = office.rows()

    with pytest.raises(Stale) as stale:
        await office.run(
            "initiative.add_member",
            administrator,
            initiative=initiative,
            person=person,
            roles=(Role.OFFICER,),
            expected=first,
        )

    assert stale.value.tag == second
    assert office.rows() == rows


@pytest.mark.parametrize(
    "name", ["person.make_claim", "person.withdraw_claim", "person.use_claim", "person.erase"]
)
async def test_no_version_of_a_person_can_be_insisted_on(office: Office, name: str) -> None:
    """A right one is refused like a wrong one: a person's stream counts the calls in which they act."""
    administrator, _ = await office.opened()
    person = await office.person()
    fields = {
        "person.make_claim": {},
        "person.erase": {"reason": "safety"},
    }.get(name, {"claim": f"claim-{'0' * 32}"})
    rows = office.rows()
    for version in (1, 2):
        tag = office.runner.version_tag(administrator, person, version)
        with pytest.raises(Refused, match="at any version"):
            await office.run(name, administrator, expected=tag, person=person, **fields)
    assert office.rows() == rows


async def test_a_versions_tag_is_one_viewers_own_and_tells_nothing(office: Office) -> None:
    """Another viewer's is refused like one that is stale, and so is another stream's."""
    administrator, initiative = await office.opened()
    person = await office.person()
    tag = office.runner.version_tag
    given = [
        tag(who, stream, number)
        for who in (administrator, person, "")
        for stream in (initiative, person)
        for number in (1, 2)
    ]
    assert len(set(given)) == len(given)
    assert {len(each) for each in given} == {22}
    rows = office.rows()
    for expected in (tag(person, initiative, 1), tag(administrator, person, 1)):
        with pytest.raises(Stale):
            await office.run(
                "initiative.add_member",
                administrator,
                initiative=initiative,
                person=person,
                roles=(Role.JUROR,),
                expected=expected,
            )
    assert office.rows() == rows


async def test_a_role_taken_away_in_another_process_is_gone_at_once(offices: Offices) -> None:
    """The second process remembers the initiative as it was; the append does not let that pass."""
    one, two = await offices(), await offices()
    administrator, initiative = await one.opened()
    officer = await one.person()
    await one.run(
        "initiative.add_member",
        administrator,
        initiative=initiative,
        person=officer,
        roles=(Role.ADMINISTRATOR, Role.OFFICER),
    )
    somebody = await two.person()
    await two.run(
        "initiative.add_member", officer, initiative=initiative, person=somebody, roles=(Role.JUROR,)
    )
    await one.run("initiative.remove_member", administrator, initiative=initiative, person=officer)
    rows = one.rows()

    with pytest.raises(NotFound):
        await two.run(
            "initiative.add_member", officer, initiative=initiative, person=somebody, roles=(Role.OFFICER,)
        )

    assert one.rows() == rows


async def test_a_role_given_in_another_process_counts_at_once(offices: Offices) -> None:
    """A refusal is given by fresh states only, so a remembered lack of a role does not linger."""
    one, two = await offices(), await offices()
    administrator, initiative = await one.opened()
    newcomer, somebody = await one.person(), await one.person()
    await two.run(
        "initiative.add_member", administrator, initiative=initiative, person=somebody, roles=(Role.JUROR,)
    )
    await one.run(
        "initiative.add_member",
        administrator,
        initiative=initiative,
        person=newcomer,
        roles=(Role.ADMINISTRATOR,),
    )

    await two.run(
        "initiative.add_member", newcomer, initiative=initiative, person=somebody, roles=(Role.OFFICER,)
    )
