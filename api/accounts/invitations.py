"""Invitations: whoever has the one-time secret, from a letter or as a link, can answer one.

Making and answering an invitation are facts. Its secret is not in the history: only its SHA-256 is stored, in a table.
The address of a letter is nowhere in the clear, and it is not looked up whether anybody is known by it.
"""

from __future__ import annotations

import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec

from api.accounts.access_tokens import digest_of
from api.accounts.email import checked, deliverable
from api.letters.letter import Letter
from api.letters.outbox import Outbox
from api.locales import Locale
from domain import limits
from domain.addresses import address_name
from domain.calls.state import CALL
from domain.commands.invitations import AcceptInvitation, DeclineInvitation, MakeInvitation
from domain.initiatives.state import INITIATIVE
from domain.invitations import INVITATION, Invitation, InvitationMade
from domain.messages import Message, counted, msg
from domain.refusals import NotFound, Refused
from domain.texts import Texts, check_text
from domain.values import SYSTEM, CallId, Channel, InitiativeId, Role, RoundId
from history.documents import read
from history.outside import NotOpened, open_box, seal
from history.requests import Answer, Request
from history.runner import Runner
from history.store import History, opened_keys
from history.vault import Vault
from projections import invitations
from projections.invitations import InvitationLine, InvitationList
from projections.reader import Reader

PREFIX: Final = "owi_"
UNKNOWN: Final = msg(
    "This invitation is not known here. Check that you copied the whole link, or ask whoever invited you for a new one."
)
NO_ADDRESS: Final = msg("It is not known any more where this letter went. Invite the person once more.")
_SHAPE: Final = re.compile(r"owi_[A-Za-z0-9_-]{43}\Z", re.ASCII)


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """What is typed to invite somebody: the `roles`, for one `call` or `round`, and either an `email` address, to which
    a letter goes in a `language`, or no address, for a link. `note` helps to tell several links apart."""

    initiative: InitiativeId
    roles: tuple[Role, ...]
    call: CallId | None = None
    round: RoundId | None = None
    email: str | None = None
    note: str | None = None
    days: int = limits.INVITATION_DAYS


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """A new invitation. `link` is returned only once, to be given to the person in a safe way; None if a letter was sent."""

    id: str
    link: str | None
    ends_at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class FoundInvitation:
    """An invitation that was found by its secret, and what it is for."""

    id: str
    state: Invitation
    initiative: str
    call_title: Texts | None


class Invitations:
    """The invitations of one installation. `site` is its public address, to which links lead."""

    def __init__(self, history: History, runner: Runner, vault: Vault, outbox: Outbox, *, site: str) -> None:
        self._history = history
        self._runner = runner
        self._vault = vault
        self._outbox = outbox
        self._site = site

    async def make(
        self, invited: Invited, *, actor: str, channel: Channel, locale: Locale, key: str | None
    ) -> NewInvitation:
        """Invite somebody, with a letter in the language of `locale` or by link. With the same idempotency key, the same
        invitation is returned again within thirty days, and no second letter is sent.

        Raises `domain.refusals.CommandRejected` and whatever else the runner raises.
        """
        address = checked(invited.email) if invited.email and invited.email.strip() else None
        note = None if address else self._note_of(invited.note)
        command = MakeInvitation(
            initiative=invited.initiative,
            roles=invited.roles,
            call=invited.call,
            round=invited.round,
            way="link" if address is None else "letter",
            to=self._keyed_to(
                f"address {address_name(address)} {locale.language}" if address else f"note {note or ''}"
            ),
            days=invited.days,
        )
        return await self._make(
            command, address=address, note=note, actor=actor, channel=channel, locale=locale, key=key
        )

    async def make_again(
        self,
        line: InvitationLine,
        initiative: str,
        address: str | None,
        *,
        days: int,
        actor: str,
        channel: Channel,
        locale: Locale,
        key: str | None,
    ) -> NewInvitation:
        """Send the letter of an invitation once more, to the same `address`: a new one is made in its place. The address is None if
        it is not known any more, as after it was done; then only the same request is answered once more. Raises as `make` does."""
        command = MakeInvitation(
            initiative=initiative,
            roles=line.roles,
            call=line.call,
            round=line.round,
            way="letter",
            to=self._keyed_to(f"again {locale.language}"),
            days=days,
            instead_of=line.id,
        )
        return await self._make(
            command, address=address, note=None, actor=actor, channel=channel, locale=locale, key=key
        )

    async def _make(
        self,
        command: MakeInvitation,
        *,
        address: str | None,
        note: str | None,
        actor: str,
        channel: Channel,
        locale: Locale,
        key: str | None,
    ) -> NewInvitation:
        answer = await self._runner.run(Request(command=command, actor=actor, channel=channel, key=key))
        made = await self._fact_of(answer)
        if made.way == "letter" and address is None:
            if not await self._is_stored(made.invitation):
                raise Refused(NO_ADDRESS)
            return NewInvitation(made.invitation, None, made.ends_at, answer)
        text = PREFIX + urlsafe_b64encode(self._seed(made.invitation, actor, key)).decode().rstrip("=")
        link = f"{self._site}/invitation/{text}"
        letter = None if address is None else await self._letter(made, link)
        # Stored after the fact, so that no secret works without a fact. The letter goes into the outbox together with the
        # secret, so that it is sent once.
        for_whom = address or note
        sealed = None if for_whom is None else await self._sealed(actor, made.invitation, for_whom)
        async with self._history.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "INSERT INTO accounts.invitations (digest, invitation, made_by, sealed) VALUES (%b, %b, %b, %b) "
                "ON CONFLICT (invitation) DO NOTHING",
                (digest_of(text), made.invitation, actor, sealed),
            )
            if cursor.rowcount and letter is not None and address is not None:
                await self._outbox.put(connection, letter, to=deliverable(address), locale=locale)
        return NewInvitation(made.invitation, None if address else link, made.ends_at, answer)

    async def find(self, text: str) -> FoundInvitation:
        """The invitation with this secret, also one that can no longer be answered. Raises `NotFound`."""
        if not _SHAPE.match(text):
            raise NotFound(UNKNOWN)
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT invitation FROM accounts.invitations WHERE digest = %b", (digest_of(text),)
            )
            row = await cursor.fetchone()
        if row is None:
            raise NotFound(UNKNOWN)
        invitation = str(row[0])
        state = await self._state(invitation)
        return FoundInvitation(
            invitation, state, await self._name_of(state.initiative), await self._title_of(state)
        )

    async def accept(self, text: str, *, person: str, channel: Channel, key: str | None = None) -> Answer:
        """Accept an invitation as a person. Raises `NotFound` and what the runner raises."""
        found = await self.find(text)
        command = AcceptInvitation(invitation=found.id)
        answer = await self._runner.run(Request(command=command, actor=person, channel=channel, key=key))
        await self._ended(found.id)
        return answer

    async def decline(self, text: str, *, channel: Channel) -> Answer:
        """Decline an invitation, whoever one is. Raises `NotFound` and what the runner raises."""
        found = await self.find(text)
        command = DeclineInvitation(invitation=found.id)
        answer = await self._runner.run(Request(command=command, actor=SYSTEM, channel=channel))
        await self._ended(found.id)
        return answer

    async def _ended(self, invitation: str) -> None:
        """Delete for whom an invitation was, once it was answered. For those that were withdrawn, `sweep` does it."""
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.invitations SET sealed = NULL WHERE invitation = %b", (invitation,)
            )

    async def for_whom(self, invitations: Collection[str]) -> dict[str, str]:
        """For whom invitations are: the address of a letter, or the note of whoever made a link. The caller has checked
        that the reader may see the invitations."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT invitation, made_by, sealed FROM accounts.invitations WHERE invitation = ANY (%b) "
                "AND sealed IS NOT NULL",
                (list(invitations),),
                binary=True,
            )
            rows = await cursor.fetchall()
        keys = await opened_keys(self._history, self._vault, sorted({str(row[1]) for row in rows}))
        found = {}
        for invitation, made_by, sealed in rows:
            key = keys.get(made_by)
            try:
                if key is not None:
                    found[str(invitation)] = open_box(key, _place(invitation), bytes(sealed)).decode()
            except NotOpened:
                continue
        return found

    async def all(self, reader: Reader, viewer: str, initiative: str, *, now: datetime) -> InvitationList:
        """The invitations to an initiative for those who invite, with for whom each is. Raises `NotFound`."""
        shown = await invitations.of_initiative(reader, viewer, initiative, now=now)
        for_whom = await self.for_whom(
            [line.id for line in shown.items if line.status in ("open", "expired")]
        )
        lines = [msgspec.structs.replace(line, for_whom=for_whom.get(line.id)) for line in shown.items]
        return msgspec.structs.replace(shown, items=tuple(lines))

    async def sweep(self) -> None:
        """Delete the secrets of invitations that can no longer be answered, and for whom those were that were answered or
        withdrawn."""
        async with self._history.connection() as connection:
            await connection.execute(
                "UPDATE accounts.invitations i SET sealed = NULL WHERE sealed IS NOT NULL AND EXISTS "
                "(SELECT FROM history.facts f WHERE f.stream = i.invitation AND f.version > 1)"
            )
            await connection.execute(
                "DELETE FROM accounts.invitations WHERE made_at < now() - make_interval(days => %b::integer)",
                (limits.MOST_INVITATION_DAYS + 30,),
            )

    def _note_of(self, note: str | None) -> str | None:
        if note is None or not note.strip():
            return None
        return check_text(note, "note", most=limits.NAME)

    def _keyed_to(self, typed: str) -> str:
        return self._runner.keyed("invited", typed.encode()).hex()

    async def _is_stored(self, invitation: str) -> bool:
        """Whether the secret of an invitation was stored, and with it its letter, if it goes by one."""
        async with self._history.connection() as connection:
            cursor = await connection.execute(
                "SELECT FROM accounts.invitations WHERE invitation = %b", (invitation,)
            )
            return await cursor.fetchone() is not None

    def _seed(self, invitation: str, actor: str, key: str | None) -> bytes:
        """The random part of a secret. It is derived from the idempotency key, so it can be returned again without being
        stored."""
        if key is None:
            return secrets.token_bytes(32)
        return self._runner.keyed("invitation", f"{actor} {invitation} {key}".encode())

    async def _sealed(self, person: str, invitation: str, note: str) -> bytes | None:
        key = (await opened_keys(self._history, self._vault, (person,))).get(person)
        return None if key is None else seal(key, _place(invitation), note.encode(), os.urandom)

    async def _fact_of(self, answer: Answer) -> InvitationMade:
        for row in await self._history.at(answer.positions):
            fact = read(row.topic, row.document, history=self._history.id).fact
            if isinstance(fact, InvitationMade):
                return fact
        raise AssertionError("an invitation was made, but there is no fact of it")

    async def _state(self, invitation: str) -> Invitation:
        loaded = await self._runner.states.read_set(bypass_cache=True).load(((INVITATION, invitation),))
        state: Invitation = loaded[invitation].state
        return state

    async def _name_of(self, initiative: str) -> str:
        loaded = await self._runner.states.read_set(bypass_cache=True).load(((INITIATIVE, initiative),))
        return str(loaded[initiative].state.name)

    async def _title_of(self, state: Invitation | InvitationMade) -> Texts | None:
        if state.call is None:
            return None
        loaded = await self._runner.states.read_set(bypass_cache=True).load(((CALL, state.call),))
        title: Texts = loaded[state.call].state.title
        return title

    async def _letter(self, made: InvitationMade, link: str) -> Letter:
        return _letter(
            link,
            name=await self._name_of(made.initiative),
            roles=made.roles,
            title=await self._title_of(made),
            one_round=made.round is not None,
            ends_at=made.ends_at,
            now=made.made_at,
        )


def _place(invitation: str) -> str:
    return f"invitation {invitation}"


def sentence(*, name: str, roles: Collection[Role], title: Texts | None, one_round: bool) -> Message:
    """What somebody is invited to, in one sentence, for themselves."""
    if one_round and title:
        return msg(
            "{initiative} invites you to judge applications in one round of the call “{call}”.",
            initiative=name,
            call=title,
        )
    if title:
        return counted(
            "{initiative} invites you to take part in the call “{call}”. Your role would be: {roles}.",
            "{initiative} invites you to take part in the call “{call}”. Your roles would be: {roles}.",
            count=len(roles),
            initiative=name,
            call=title,
            roles=tuple(roles),
        )
    return counted(
        "{initiative} invites you to take part. Your role would be: {roles}.",
        "{initiative} invites you to take part. Your roles would be: {roles}.",
        count=len(roles),
        initiative=name,
        roles=tuple(roles),
    )


def _letter(
    link: str,
    *,
    name: str,
    roles: Collection[Role],
    title: Texts | None,
    one_round: bool,
    ends_at: datetime,
    now: datetime,
) -> Letter:
    return Letter(
        name="invitation",
        subject=msg("You are invited"),
        paragraphs=(
            sentence(name=name, roles=roles, title=title, one_round=one_round),
            msg("The initiative uses the site {site} for its calls.", site=urlsplit(link).netloc),
            msg("Open this link, look at the invitation, and accept or decline it there:"),
            link,
            msg(
                "You can answer until {moment}. If you have no account yet, you can register there, also without an e-mail "
                "address. Nobody learns whether you have one before you accept.",
                moment=ends_at,
            ),
            msg(
                "Give the link to nobody: whoever has it can accept in your place. If you do not know who invites you, do "
                "nothing."
            ),
        ),
        lasts=max(ends_at - now, timedelta(days=1)),
    )
