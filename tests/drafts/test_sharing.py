"""Writing in somebody else's draft: by invitation, until they leave, are removed, or either is erased; and nobody's
words are lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest

from api.accounts.ended import end_access
from api.drafts.drafts import Draft, DraftChanged, DraftPlace
from api.drafts.keeping import keep_or_delete
from api.drafts.sharing import MOST, SharedDrafts
from api.http.commands import WRITES, Write, _writers
from api.http.operations import Asking
from api.locales import ENGLISH
from domain.commands.persons import ErasePerson, RegisterPerson
from domain.messages import msg
from domain.parties import Actor
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import SYSTEM, Channel
from history.requests import Request
from history.unreadable import Unreadable
from projections.reader import Reader
from tests.drafts.conftest import Desk
from tests.scene import CALL

pytestmark = pytest.mark.anyio

OWNERS = {"title": "Songs", "applicant": "organisation-1"}


class Together(Desk):
    """A desk at which a second person writes, who accepts whatever they are invited to."""

    helper: str = ""

    @classmethod
    async def at(cls, desk: Desk) -> Together:
        """Let the second person come to a desk."""
        self = cls(desk.wired, desk.url, desk.place)
        command = RegisterPerson(name="Helper of the Test", email=None, language="en")
        answer = await desk.wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
        self.helper = answer.stream
        return self

    @property
    def shared(self) -> SharedDrafts:
        """The shared drafts on the desk's clock; who may help is asked elsewhere (`access.helps_to_write`)."""
        wired = self.wired

        class Anybody(SharedDrafts):
            async def _check_helps(self, *_: object) -> None:
                pass

        return Anybody(
            wired.history,
            wired.runner,
            wired.vault,
            wired.outbox,
            wired.reader,
            clock=lambda: self.now,
            site="https://overwinter.example",
        )

    async def invited(self, draft: Draft, *, email: str = "") -> str:
        """Make an invitation; its secret."""
        link = await self.shared.invite(draft, email=email, note="my sister", locale=ENGLISH)
        assert link is not None
        return link.rpartition("/")[2]

    async def joined(self) -> Draft:
        """The draft, once the second person writes in it."""
        draft = await self.save(OWNERS)
        assert await self.shared.accept(await self.invited(draft), self.helper) == draft.id
        found = await self.drafts.by_id(draft.id, self.helper)
        assert found is not None
        return found

    async def help(self, draft: Draft, title: str, *, seen: int) -> Draft:
        """Let the second person save a title."""
        return await self.drafts.save(
            draft.place, {"title": title}, seen=seen, kept_until=draft.kept_until, writer=self.helper
        )


@pytest.fixture
async def together(desk: Desk) -> Together:
    return await Together.at(desk)


async def test_who_accepts_reads_and_saves_the_draft_and_others_do_not(together: Together) -> None:
    draft = await together.joined()
    assert (draft.typed, draft.writers) == (OWNERS, {together.helper})
    assert [each.id for each in await together.drafts.of(together.helper)] == [draft.id]
    saved = await together.help(draft, "Songs of home", seen=1)
    found = await together.drafts.find(together.place)
    assert found is not None
    assert (found.id, found.typed["title"], found.revision) == (draft.id, "Songs of home", saved.revision)
    stranger = (await Together.at(together)).helper
    assert await together.drafts.by_id(draft.id, stranger) is None
    with pytest.raises(NotFound):
        await together.drafts.save(draft.place, {}, seen=2, kept_until=draft.kept_until, writer=stranger)
    # Both see how the others are called.
    assert list((await together.shared.names(found)).values()) == [
        "Person of the Test",
        "Helper of the Test",
    ]
    # Two people do not overwrite each other.
    with pytest.raises(DraftChanged) as raised:
        await together.save({"title": "From the owner"}, seen=1)
    assert raised.value.draft.typed == {"title": "Songs of home"}
    assert raised.value.draft.writers == {together.helper}
    # Nor does submitting what was read before delete what was written since.
    await together.drafts.discard(draft.place, seen=draft.revision)
    assert await together.drafts.find(draft.place) is not None


async def test_an_invitation_is_answered_once_and_can_be_withdrawn_or_declined(together: Together) -> None:
    draft = await together.save(OWNERS)
    used, withdrawn, declined = [await together.invited(draft) for _ in range(3)]
    first, *_ = await together.shared.invitations(draft)
    assert first.for_whom == "my sister"
    await together.shared.accept(used, together.helper)
    left = {each.id for each in await together.shared.invitations(draft)}
    assert len(left) == 2
    await together.shared.decline(declined)
    (last,) = await together.shared.invitations(draft)
    await together.shared.withdraw(draft, last.id)
    for each in (used, withdrawn, declined, "owd_unknown"):
        with pytest.raises(NotFound):
            await together.shared.accept(each, together.helper)
    with pytest.raises(Refused):
        await together.shared.accept(await together.invited(draft), draft.place.person)
    for _ in range(MOST - 2):  # there is one open invitation, and one who accepted
        await together.invited(draft)
    with pytest.raises(Refused):
        await together.invited(draft)
    # They end with their time, and with the draft.
    open_ = await together.shared.invitations(draft)
    together.now = open_[-1].ends_at
    assert await together.shared.invitations(draft) == []
    again = await together.invited(draft)
    await together.drafts.discard(draft.place)
    with pytest.raises(NotFound):
        await together.shared.accept(again, together.helper)


async def test_nothing_in_the_database_says_who_is_invited_and_with_an_address_the_link_is_in_a_letter_alone(
    together: Together,
) -> None:
    draft = await together.save(OWNERS)
    await together.invited(draft)
    with psycopg.connect(together.url) as connection:
        (row,) = connection.execute("SELECT i::text FROM accounts.draft_invitations i").fetchone() or ("",)
    assert b"my sister".hex() not in row
    assert "sister" not in row
    link = await together.shared.invite(draft, email="Sister@Example.org", note="", locale=ENGLISH)
    assert link is None
    (letter,) = await together.wired.outbox.all(opened=True)
    assert letter.written is not None
    assert letter.written.to == "Sister@example.org"
    assert "https://overwinter.example/draft-invitation/owd_" in letter.written.text
    assert "Songs" not in letter.written.text + letter.written.subject
    invited = {each.for_whom for each in await together.shared.invitations(draft)}
    assert invited == {"my sister", "Sister@Example.org"}


async def test_from_the_moment_they_are_removed_nothing_is_read_or_saved(together: Together) -> None:
    """But it is still known that they wrote in it; and they can be invited again."""
    draft = await together.joined()
    from_before = await together.invited(draft)
    together.now += timedelta(minutes=1)
    await together.shared.end(draft.id, together.helper)
    with pytest.raises(NotFound):
        await together.shared.accept(from_before, together.helper)
    assert await together.drafts.by_id(draft.id, together.helper) is None
    assert await together.drafts.of(together.helper) == []
    with pytest.raises(NotFound):
        await together.help(draft, "Too late", seen=1)
    found = await together.drafts.find(draft.place)
    assert found is not None
    assert (found.writers, found.everybody) == (frozenset(), {draft.place.person, together.helper})
    await together.shared.accept(await together.invited(draft), together.helper)
    assert await together.drafts.by_id(draft.id, together.helper) is not None
    # A restore does not know who was removed after its dump, so all are.
    with psycopg.connect(together.url) as connection:
        end_access(connection)
    assert await together.drafts.by_id(draft.id, together.helper) is None
    # A draft that was deleted and begun again is another one, which is shared with nobody.
    await together.shared.accept(await together.invited(draft), together.helper)
    await together.drafts.discard(draft.place)
    with pytest.raises(NotFound):
        await together.help(draft, "Songs", seen=1)
    again = await together.save(OWNERS)
    assert (again.id != draft.id, again.writers) == (True, frozenset())
    assert await together.drafts.by_id(again.id, together.helper) is None


@pytest.mark.parametrize(
    ("who", "applicant", "may"),
    [
        ("owner", "", True),
        ("helper", "", False),
        ("helper", "organisation-1", True),
        ("helper", "organisation-2", False),
    ],
)
async def test_the_owner_submits_it_or_who_acts_for_the_organisation_that_applies(
    who: str, applicant: str, may: bool
) -> None:
    class Acting:
        async def actor(self, person: str) -> Actor:
            return Actor(person, frozenset({"organisation-1"}))

    shared = object.__new__(SharedDrafts)
    shared._reader = cast("Reader", Acting())
    now = datetime(2026, 3, 1, tzinfo=UTC)
    place = DraftPlace("owner", CALL, "application.submit")
    draft = Draft("draft-1", place, {"applicant": applicant}, 1, now, now, frozenset({"helper"}))
    assert await shared.submits(draft, who) is may


async def test_who_helped_is_known_also_if_the_application_is_sent_by_itself(together: Together) -> None:
    draft = await together.joined()
    await together.shared.end(draft.id, together.helper)
    (submit,) = [each for each in WRITES if each.command == "application.submit"]
    (withdraw,) = [each for each in WRITES if each.command == "application.withdraw"]
    wiring = SimpleNamespace(drafts=together.drafts)

    async def writers(who: str, call: str, write: Write = submit) -> frozenset[str]:
        asking = cast("Asking", SimpleNamespace(wiring=wiring, who=who))
        return await _writers(asking, write, SimpleNamespace(call=call))

    assert await writers(draft.place.person, draft.place.about) == {together.helper}
    assert await writers(draft.place.person, "another call") == frozenset()
    assert await writers(together.helper, draft.place.about) == frozenset()
    assert await writers(draft.place.person, draft.place.about, withdraw) == frozenset()


async def test_what_can_be_opened_left_or_not_be_looked_at_now_are_three_things() -> None:
    """One call whose facts cannot be read does not take the others with it."""
    found: dict[str, Exception | None] = {
        "open": None,
        "shut": Forbidden(msg("You have a role.")),
        "gone": NotFound(),
        "unreadable": Unreadable(7),
    }

    class Answering(SharedDrafts):
        async def _check_helps(self, place: DraftPlace, person: str) -> None:
            if error := found[place.about]:
                raise error

    shared = object.__new__(Answering)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    drafts = [
        Draft(about, DraftPlace(owner, about, "application.submit"), {}, 1, now, now)
        for owner in ("owner", "helper")
        for about in found
    ]
    sorted_ = await shared.sorted_for("helper", drafts)
    assert [each.id for each in sorted_.open] == ["open", *found], "one's own for a call always are"
    assert [each.id for each in sorted_.to_leave] == ["shut"]
    assert sorted_.to_delete == []


async def test_erasing_the_owner_ends_the_draft_for_both(together: Together) -> None:
    draft = await together.joined()
    await together.erase()
    assert await together.drafts.by_id(draft.id, together.helper) is None
    await keep_or_delete(together.drafts, together.closing)
    assert rows(together) == (0, 0, 0)


async def test_erasing_who_helped_leaves_the_draft(together: Together) -> None:
    draft = await together.joined()
    command = ErasePerson(person=together.helper, reason="asked_by_person")
    await together.wired.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.CLI))
    await keep_or_delete(together.drafts, together.closing)
    found = await together.drafts.find(draft.place)
    assert found is not None
    assert (found.typed, found.writers) == (OWNERS, frozenset())
    assert rows(together) == (1, 0, 0)


def rows(together: Together) -> tuple[int, ...]:
    """How many drafts, writers and invitations are stored."""
    with psycopg.connect(together.url) as connection:
        return tuple(
            int((connection.execute(f"SELECT count(*) FROM accounts.{table}").fetchone() or (0,))[0])
            for table in ("drafts", "draft_writers", "draft_invitations")
        )
