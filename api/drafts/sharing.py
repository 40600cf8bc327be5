"""Writing in somebody else's draft: its owner invites, and whoever has the one-time secret of an invitation can accept it.

Who writes with whom in a draft of a new application is not in the history before it is submitted; what is submitted says who wrote
in its draft, because they must not judge it. Of an application that was received already, the history says so before they can read
the draft: the changes may never be submitted, and they know it all the same.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from api.accounts.access_tokens import digest_of
from api.accounts.email import checked, deliverable
from api.drafts.drafts import NOT_SHARED, Draft, DraftPlace
from api.drafts.invitation_letter import letter_of
from api.letters.outbox import Outbox
from api.locales import Locale
from domain import access, limits
from domain.applications.state import APPLICATION, Application
from domain.calls.state import CALL, Call
from domain.commands.applications.helping import OWNER_LEFT, RecordWriter, may_help
from domain.deciding import Allowed, Denied
from domain.grants.state import GRANT
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message, msg
from domain.parties import acts_for
from domain.refusals import Forbidden, NotFound, Refused
from domain.texts import check_text
from domain.values import SYSTEM, Channel, is_id
from history.outside import NotOpened, open_box, seal
from history.requests import Request
from history.runner import Runner
from history.store import History, opened_keys
from history.unreadable import Unreadable
from history.vault import Vault
from projections.initiatives import names_of
from projections.reader import Reader, text_of

PREFIX: Final = "owd_"
MOST: Final = 10
"""How many others can write in a draft, open invitations included."""
DAYS: Final = 14
"""How long an invitation can be answered."""
UNKNOWN: Final = msg(
    "This invitation is not known here. It may have been answered or withdrawn, or the draft was submitted or deleted. Ask whoever "
    "invited you."
)
FULL: Final = msg(
    "At most {most} others can write in a draft. Remove somebody or withdraw an invitation first.", most=MOST
)
OWN: Final = msg("This is your own draft.")
YOU_LEFT: Final = msg(
    "You no longer act for the organisation for which you wrote this draft, so you can no longer open or submit it."
)
FORMS: Final = frozenset(
    {"application.submit", "application.change", "application.resubmit", "application.continue"}
)
"""The commands whose forms several people can write together. A review is its juror's alone."""
REPORT: Final = "grant.submit_report"
"""The command of the form of a report, whose draft is on the page of its grant."""
_SHAPE: Final = re.compile(r"owd_[A-Za-z0-9_-]{43}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that nobody has answered, for the draft's owner. `for_whom` is the address of its letter or the
    owner's note."""

    id: str
    for_whom: str | None
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationFound:
    """What an invitation is for, found by its secret."""

    draft: str
    place: DraftPlace
    call: str
    ends_at: datetime


class SortedDrafts(NamedTuple):
    """Somebody's drafts: those that are `open` to them now; those of others that are not, which they can leave; and their own that
    are not, which they can delete."""

    open: list[Draft]
    to_leave: list[Draft]
    to_delete: list[Draft]


class SharedDrafts:
    """The drafts of one installation in which several people write. `site` is its public address, to which links lead."""

    def __init__(
        self,
        history: History,
        runner: Runner,
        vault: Vault,
        outbox: Outbox,
        reader: Reader,
        *,
        clock: Callable[[], datetime],
        site: str,
    ) -> None:
        self._history = history
        self._runner = runner
        self._vault = vault
        self._outbox = outbox
        self._reader = reader
        self._clock = clock
        self._site = site

    # Who may write

    async def check(self, draft: Draft, person: str) -> None:
        """Raise `Forbidden` unless a draft opens for its owner or somebody who was invited (see `shut`). Of changes to an application
        that was received, it is recorded that they write in it, before they read them. Raises `NotFound` and `Unreadable`."""
        if why := await self.shut(draft.place, person):
            raise Forbidden(why)
        if person != draft.place.person:
            await self._record(draft.place, person)

    async def sorted_for(self, person: str, drafts: Iterable[Draft]) -> SortedDrafts:
        """Which of some drafts a person can open now, and what they can do with the rest. Drafts for calls that cannot be read now
        are left out."""
        found = SortedDrafts([], [], [])
        for each in drafts:
            with suppress(NotFound, Unreadable):
                if await self.shut(each.place, person) is None:
                    found.open.append(each)
                elif each.place.person == person:
                    found.to_delete.append(each)
                else:
                    found.to_leave.append(each)
        return found

    async def shut(self, place: DraftPlace, person: str) -> Message | None:
        """Why a draft does not open for its owner, or for somebody who was invited to it; None if it does. Its owner has to act for the
        applicant or the recipient still, and whoever helps must still be allowed to (`access.helps_to_write`). Raises `NotFound`
        and `Unreadable`."""
        if not await self.owner_acts(place):
            return YOU_LEFT if person == place.person else OWNER_LEFT
        try:
            if person != place.person:
                await self._check_helps(place, person)
        except Forbidden as error:
            return error.detail
        return None

    async def may_open(self, place: DraftPlace, person: str) -> bool:
        """Whether a draft opens for its owner or somebody who was invited (see `shut`). Raises `Unreadable`."""
        try:
            return await self.shut(place, person) is None
        except NotFound:
            return False

    async def owner_acts(self, place: DraftPlace) -> bool:
        """Whether the owner of a draft may still send it: they act for the applicant or the recipient, if there is one yet. Raises
        `NotFound` and `Unreadable`."""
        if not is_id(GRANT.kind, place.about) and not is_id(APPLICATION.kind, place.about):
            return True
        owner = await self._reader.actor(place.person)
        if is_id(GRANT.kind, place.about):
            verdict = access.recipient(owner, await self._reader.the(GRANT, place.about))
        else:
            verdict = access.applicant(owner, await self._reader.the(APPLICATION, place.about))
        return isinstance(verdict, Allowed)

    async def names(self, draft: Draft) -> dict[str, str | None]:
        """How those who write in a draft are called, its owner first; None for somebody whose name cannot be read."""
        people = (draft.place.person, *sorted(draft.writers))
        found = await names_of(self._reader, list(people))
        return {each: text_of(found.get(each)) for each in people}

    async def call_of(self, place: DraftPlace) -> str:
        """The call that a draft is for. Raises `NotFound`."""
        if not is_id(APPLICATION.kind, place.about):
            return place.about
        application: Application = await self._reader.the(APPLICATION, place.about)
        return application.call

    async def submits(self, draft: Draft, person: str) -> bool:
        """Whether somebody can submit a draft: its owner, or who acts for the organisation that applies."""
        if person == draft.place.person:
            return True
        actor = await self._reader.actor(person)
        if not is_id(APPLICATION.kind, draft.place.about):
            return draft.typed.get("applicant", "") in actor.organisations
        application: Application = await self._reader.the(APPLICATION, draft.place.about)
        return application.applicant in actor.organisations

    async def _record(self, place: DraftPlace, person: str) -> None:
        """Record that somebody writes in the draft of changes to an application, unless it is known, or they are its applicant
        as who acts for the organisation that applied."""
        if not is_id(APPLICATION.kind, place.about):
            return
        application, actor = await self._reader.seen_by(person, APPLICATION, place.about)
        if person not in application.writers and not acts_for(actor, application.applicant):
            command = RecordWriter(application=place.about, person=person, owner=place.person)
            await self._runner.run(Request(command=command, actor=SYSTEM, channel=Channel.SYSTEM))

    async def _check_helps(self, place: DraftPlace, person: str) -> None:
        application: Application | None = None
        if is_id(APPLICATION.kind, place.about):
            application = await self._reader.the(APPLICATION, place.about)
        call_id = place.about if application is None else application.call
        call: Call = await self._reader.the(CALL, call_id)
        house: Initiative = await self._reader.the(INITIATIVE, call.initiative)
        verdict = await self._reader.follow(may_help(person, call_id, call, house, application))
        if isinstance(verdict, Denied):
            raise Forbidden(verdict.detail)

    # Inviting

    async def invite(self, draft: Draft, *, email: str, note: str, locale: Locale) -> str | None:
        """Invite somebody to write in one's own draft, with a letter in the language of `locale` if there is an
        `email`, otherwise by the link that is returned, once. Raises `Invalid`, `Refused`, `Forbidden` and `NotFound`."""
        if draft.place.command not in FORMS:
            raise NotFound(NOT_SHARED)
        if not await self.owner_acts(draft.place):
            raise Forbidden(YOU_LEFT)
        address = checked(email) if email.strip() else None
        kept = address or (check_text(note, "note", most=limits.NAME) if note.strip() else None)
        text, invitation = PREFIX + secrets.token_urlsafe(32), secrets.token_hex(16)
        link = f"{self._site}/draft-invitation/{text}"
        ends_at = self._clock() + timedelta(days=DAYS)
        owner = draft.place.person
        key = (await opened_keys(self._history, self._vault, (owner,))).get(owner)
        if key is None:
            raise NotFound(NOT_SHARED)
        sealed = None if kept is None else seal(key, _place(invitation), kept.encode(), os.urandom)
        async with self._history.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "SELECT (SELECT count(*) FROM accounts.draft_writers w WHERE w.draft = d.draft AND w.left_at IS NULL) + "
                "(SELECT count(*) FROM accounts.draft_invitations i WHERE i.draft = d.draft AND i.ends_at > %b) "
                "FROM accounts.drafts d WHERE d.draft = %b FOR UPDATE",
                (self._clock(), draft.id),
            )
            row = await cursor.fetchone()
            room = row is not None and int(row[0]) < MOST
            if room:
                await connection.execute(
                    "INSERT INTO accounts.draft_invitations (invitation, digest, draft, sealed, ends_at) "
                    "VALUES (%b, %b, %b, %b, %b)",
                    (invitation, digest_of(text), draft.id, sealed, ends_at),
                )
                if address is not None:
                    await self._outbox.put(
                        connection,
                        letter_of(link, lasts=timedelta(days=DAYS)),
                        to=deliverable(address),
                        locale=locale,
                    )
        if row is None:
            raise NotFound(NOT_SHARED)
        if not room:
            raise Refused(FULL)
        return None if address else link

    async def invitations(self, draft: Draft) -> list[OpenInvitation]:
        """The open invitations to one's own draft, those that end first at the beginning."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT invitation, sealed, ends_at FROM accounts.draft_invitations WHERE draft = %b AND ends_at > %b "
                "ORDER BY ends_at, invitation",
                (draft.id, self._clock()),
            )
            rows = await cursor.fetchall()
        key = (await opened_keys(self._history, self._vault, (draft.place.person,))).get(draft.place.person)
        return [OpenInvitation(str(row[0]), _for_whom(key, row[0], row[1]), row[2]) for row in rows]

    async def withdraw(self, draft: Draft, invitation: str) -> None:
        """Withdraw an invitation to one's own draft; nothing happens if it was answered."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.draft_invitations WHERE draft = %b AND invitation = %b",
                (draft.id, invitation),
            )

    # Answering

    async def find(self, text: str) -> InvitationFound:
        """What the invitation with this secret is for. Raises `NotFound`, also if the draft's owner can no longer send it."""
        if not _SHAPE.match(text):
            raise NotFound(UNKNOWN)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT d.draft, d.person, d.about, d.command, i.ends_at FROM accounts.draft_invitations i "
                "JOIN accounts.drafts d ON d.draft = i.draft WHERE i.digest = %b AND i.ends_at > %b",
                (digest_of(text), self._clock()),
            )
            row = await cursor.fetchone()
        if row is None:
            raise NotFound(UNKNOWN)
        place = DraftPlace(row[1], row[2], row[3])
        if not await self.owner_acts(place):
            raise NotFound(UNKNOWN)
        return InvitationFound(str(row[0]), place, await self.call_of(place), row[4])

    async def accept(self, text: str, person: str) -> str:
        """Accept an invitation as a person, once; returns the draft's id. An invitation that was made before somebody left the
        draft, or was removed from it, does not let them in again. Raises `NotFound`, `Refused` and `Forbidden`."""
        found = await self.find(text)
        if found.place.person == person:
            raise Refused(OWN)
        await self._check_helps(found.place, person)
        async with self._history.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "WITH used AS (DELETE FROM accounts.draft_invitations i WHERE i.digest = %b AND i.ends_at > %b "
                "AND NOT EXISTS (SELECT FROM accounts.draft_writers w WHERE w.draft = i.draft AND w.person = %b "
                "AND w.left_at > i.ends_at - %b::interval) RETURNING i.draft) "
                "INSERT INTO accounts.draft_writers (draft, person, joined_at) SELECT used.draft, living, %b FROM used, "
                "vault.hold(%b) AS living WHERE living IS NOT NULL "
                "ON CONFLICT (draft, person) DO UPDATE SET left_at = NULL",
                (digest_of(text), self._clock(), person, timedelta(days=DAYS), self._clock(), person),
            )
            accepted = cursor.rowcount == 1
        if not accepted:
            raise NotFound(UNKNOWN)
        await self._record(found.place, person)
        return found.draft

    async def decline(self, text: str) -> None:
        """Decline an invitation, whoever one is. Raises `NotFound`."""
        await self.find(text)
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.draft_invitations WHERE digest = %b", (digest_of(text),)
            )

    # Ending

    async def end(self, draft: str, person: str) -> None:
        """Let somebody no longer write in the draft of this id, because they leave, also if they can no longer open it, or its owner
        removes them. It counts from the next request on. Raises `NotFound` if they do not write in it."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "UPDATE accounts.draft_writers SET left_at = %b WHERE draft = %b AND person = %b AND left_at IS NULL",
                (self._clock(), draft, person),
            )
        if cursor.rowcount == 0:
            raise NotFound

    async def sweep(self) -> None:
        """Delete invitations that can no longer be answered."""
        async with self._history.connection() as connection:
            await connection.execute(
                "DELETE FROM accounts.draft_invitations WHERE ends_at <= %b", (self._clock(),)
            )


def _place(invitation: str) -> str:
    return f"draft invitation {invitation}"


def _for_whom(key: bytes | None, invitation: str, sealed: bytes | None) -> str | None:
    if key is None or sealed is None:
        return None
    try:
        return open_box(key, _place(invitation), bytes(sealed)).decode()
    except NotOpened:
        return None
