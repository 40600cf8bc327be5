"""The reaction that writes letters: it follows the history from its own position, and notes who has to know of each
fact; then it writes their letters.

These are two steps, each in a transaction of its own, so that each happens once whatever ends between them: a notice
waits until its letter is written. Whether its reader may be told is asked when the letter is written, and again when it
is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import psycopg

from api.drafts.drafts import Drafts
from api.drafts.sharing import FORMS, SharedDrafts
from api.letters.composing import TemplateUnusable, composed
from api.letters.ending_drafts import ending_draft
from api.letters.notices import LISTS, Notices, PersonsNotice
from api.letters.outbox import Outbox
from api.letters.reminding import AHEAD, of_draft, of_invited
from api.letters.working import BEHIND_PAUSE, knows_all_work, notices_of_work, work_later, work_tidings
from api.locales import locale_of
from domain.letters.kinds import OF_ACCOUNT, LetterKind
from domain.letters.quiet import next_morning
from domain.persons.state import PERSON, Person
from domain.refusals import NotFound
from domain.reviews.facts import ReviewAssigned
from domain.rounds.facts import (
    RoundDeadlineExtended,
    RoundLateAccessGranted,
    RoundOpened,
    RoundReviewsDueSet,
)
from domain.rounds.state import Round
from history.appends import Unavailable
from history.documents import Recorded, read
from history.store import History, PositionedFact
from history.unreadable import Unreadable
from projections import profiles
from projections.letters import telling
from projections.letters.hearing import HEARD, Heard, Notice, notice_of, reminder_of
from projections.letters.telling import Tidings
from projections.letters.work_added import WorkAdded
from projections.reader import Behind, Reader

NAME: Final = "letters"
BATCH: Final = 500
"""The most facts that are noted in one transaction."""
TOGETHER: Final = 100
"""The most letters whose readers are asked for together."""
UNUSABLE_PAUSE: Final = timedelta(hours=1)
"""When a letter is tried again whose text or whose facts cannot be used now."""

log = logging.getLogger("overwinter.letters")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to whom letters are written, and their confirmed address."""

    person: Person
    address: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """The reaction of one installation. `addresses_of` finds the addresses that people have confirmed; `site` is the
    public address to which links lead.

    What many facts need is asked together, so that letters take little from those who use the program meanwhile.
    """

    history: History
    reader: Reader
    notices: Notices
    outbox: Outbox
    drafts: Drafts
    shared_drafts: SharedDrafts
    addresses_of: Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
    clock: Callable[[], datetime]
    site: str

    async def begin(self) -> None:
        """Begin with the facts that come from now on, unless it has begun before."""
        await self.notices.begin(NAME)

    async def hear(self) -> int:
        """Note who has to know of the next facts; returns how many facts were seen."""
        seen = await self.notices.position(NAME)
        if seen is None:
            return 0
        facts = await self.history.after(seen, BATCH)
        if not facts:
            return 0
        # Reads that run at the same time share their round trips (`history.batched_lookups`).
        noted = await asyncio.gather(*(self._noted(each) for each in facts if each.topic in HEARD))
        found = [each for notices in noted for each in notices]
        moved = await self.notices.note(NAME, found, seen=seen, position=facts[-1].position)
        return len(facts) if moved else 0

    async def _noted(self, fact: PositionedFact) -> list[PersonsNotice]:
        try:
            recorded = read(fact.topic, fact.document, history=self.history.id)
        except Exception:  # noqa: BLE001 - a damaged fact can raise anything
            log.error("no letter is written of the fact at position %d, which cannot be read", fact.position)  # noqa: TRY400
            return []
        fact_ = recorded.fact
        leaf, decided_at = fact.leaf.hex(), recorded.envelope.decided_at
        added = (
            await notices_of_work(self.reader, fact_, leaf, decided_at)
            if isinstance(fact_, WorkAdded)
            else []
        )
        if not isinstance(fact_, Heard | RoundReviewsDueSet):
            return added
        return [*added, *await self._of_heard(fact_, recorded, leaf)]

    async def _of_heard(
        self, fact: Heard | RoundReviewsDueSet, recorded: Recorded, cause: str
    ) -> list[PersonsNotice]:
        match fact:
            case RoundReviewsDueSet() as due:
                return await self._of_due_reviews(due.round, None)
            case ReviewAssigned() as asked:
                return [
                    *await self._for_readers(notice_of(asked), recorded, cause),
                    *await self._of_due_reviews(asked.round, asked.review),
                ]
            case other:
                return await self._for_readers(notice_of(other), recorded, cause)

    async def _of_due_reviews(self, round: str, review: str | None) -> list[PersonsNotice]:
        """The reminders of reviews that are owed, to be told some time before they are due."""
        try:
            notices = await telling.due_reviews(self.reader, round, review)
            found = []
            for each in notices:
                assert each.until is not None
                (juror,) = await telling.readers(self.reader, each)
                cause = f"due {each.until.isoformat()}"
                found.append(PersonsNotice.of(juror, each, cause=cause, happened_at=each.until - AHEAD))
        except (NotFound, Unreadable):
            log.error("no reminder is written of a fact, because it is not known whom it is for")  # noqa: TRY400
            return []
        return [each for each in found if each.happened_at > self.clock()]

    async def _for_readers(
        self, notice: Notice | None, recorded: Recorded, cause: str
    ) -> list[PersonsNotice]:
        if notice is None:
            return []
        try:
            people = await telling.readers(self.reader, notice)
        except (NotFound, Unreadable):
            log.error("no letter is written of a fact, because it is not known whom it is for")  # noqa: TRY400
            return []
        happened_at = recorded.envelope.decided_at
        return [PersonsNotice.of(person, notice, cause=cause, happened_at=happened_at) for person in people]

    async def remind(self) -> None:
        """Note the reminders of dates that are near, from the queue of due dates and from drafts."""
        now = self.clock()
        found: list[PersonsNotice] = []
        for due in await self.history.due_until(now, now + AHEAD):
            found += await self._reminders(due.stream, due.version, now)
        rounds: dict[str, tuple[Round, ...]] = {}
        for place in await self.drafts.of_commands(sorted(FORMS)):
            try:
                found += await of_draft(self.reader, place.person, place.about, now, rounds)
            except (NotFound, Unreadable):
                continue  # nothing can be sent there
        await self.notices.remind(found)

    async def _reminders(self, stream: str, version: int, now: datetime) -> list[PersonsNotice]:
        facts = (await self.history.load({stream: version - 1})).get(stream, ())
        if not facts or facts[0].version != version:
            return []
        stored = facts[0]
        try:
            recorded = read(stored.topic, stored.document, history=self.history.id)
        except Exception:  # noqa: BLE001 - the queue of due dates reports it
            return []
        if isinstance(recorded.fact, RoundOpened | RoundDeadlineExtended | RoundLateAccessGranted):
            return await of_invited(
                self.reader, self.drafts, recorded.fact.round, recorded.envelope.decided_at, now
            )
        notice = reminder_of(recorded.fact)
        if notice is None or notice.until is None:
            return []
        if recorded.envelope.decided_at > notice.until - AHEAD:
            return []  # the letter about the fact itself was hardly read
        found = await self._for_readers(notice, recorded, stored.leaf.hex())
        return [PersonsNotice(each.key, each.person, each.notice, now) for each in found]

    async def write(self) -> int:
        """Write the letters that are to be written now; returns how many."""
        written = 0
        while due := await self.notices.due(TOGETHER):
            written += await self.write_of(due)
            if len(due) < TOGETHER:
                break
        return written

    async def write_of(self, due: Sequence[PersonsNotice]) -> int:
        """Write the letters of some notices; returns how many. A notice that is settled meanwhile gets no second letter."""
        people = await self._recipients({each.person for each in due})
        wanted = {
            each.key for each in due if each.person in people and _wants(people[each.person].person, each)
        }
        unwanted = [each for each in due if each.key not in wanted]
        await self.notices.settle_without_letter([each.key for each in unwanted if not _is_work(each)])
        await self.notices.drop([each.key for each in unwanted if _is_work(each)])
        work = [each.key for each in due if each.key in wanted and _is_work(each)]
        if work and not await knows_all_work(self.reader):
            await self.notices.postpone(work, self.clock() + BEHIND_PAUSE)
            wanted -= {*work}
        written, done = 0, set[bytes]()
        for each in due:
            if each.key in wanted - done:
                one, told = await self._written(each, people[each.person])
                written += one
                done |= told
        return written

    async def _recipients(self, people: Collection[str]) -> dict[str, Recipient]:
        """Those of some people to whom letters can be written."""
        addresses = await self.addresses_of(people)
        loaded = await self.reader.readable(*((PERSON, each) for each in sorted(addresses)))
        return {
            each: Recipient(found.state, addresses[each])
            for each, found in loaded.items()
            if not found.state.erased
        }

    async def _written(self, each: PersonsNotice, recipient: Recipient) -> tuple[bool, set[bytes]]:
        """Write a letter if it is to be written now; whether it was, and for which notices that is answered. One letter that cannot
        be written does not hold up others."""
        try:
            return await self._write(each, recipient)
        except Behind:  # an `Unavailable`, but of this letter alone
            log.warning("a letter is written later: the read models are behind")
            await self.notices.postpone([each.key], self.clock() + BEHIND_PAUSE)
        except (Unavailable, psycopg.Error):
            raise  # no other letter could be written either
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one letter
            log.error("a letter cannot be written now: %s", type(error).__name__)  # noqa: TRY400 - may quote
            await self.notices.postpone([each.key], self.clock() + UNUSABLE_PAUSE)
        return False, {each.key}

    async def _write(self, each: PersonsNotice, recipient: Recipient) -> tuple[bool, set[bytes]]:
        now = self.clock()
        person = recipient.person
        tidings = await self.tidings(each)
        later = await work_later(self.reader, each, now=now) if _is_work(each) else None
        if tidings is None:
            if later is not None:
                await self.notices.postpone([each.key], later.happened_at)
            elif _is_work(each):
                await self.notices.drop([each.key])  # so that work which is added later that day is told
            else:
                await self.notices.settle_without_letter([each.key])
            return False, {each.key}
        profile = await profiles.mine(self.reader, each.person)
        morning = next_morning(now, profile.time_zone or tidings.zone)
        if morning is not None and each.notice.kind not in OF_ACCOUNT:
            await self.notices.postpone([each.key], morning)
            return False, {each.key}
        beside = await self._alike(each, tidings)
        told = {each.key, *beside}
        try:
            letter = composed(
                replace(tidings, link=LISTS[each.notice.kind], several=1 + len(beside))
                if beside
                else tidings,
                language=person.language,
                telling=person.subjects == "telling",
                site=self.site,
                happened_at=each.happened_at,
                now=now,
            )
        except TemplateUnusable:
            log.warning(
                "an initiative's text for the letter %s cannot be filled, so none is written; see its page of letters",
                each.notice.kind.value,
            )
            await self.notices.postpone(sorted(told), now + UNUSABLE_PAUSE)
            return False, told
        async with self.history.connection() as connection, connection.transaction():
            mine = await self.notices.settle(connection, each.key, beside)
            if mine:
                await self.outbox.put(
                    connection,
                    letter,
                    to=recipient.address,
                    locale=locale_of((person.language,)),
                    person=each.person,
                    notice=each.key,
                )
                await self.notices.add(connection, [later] if later is not None else [])
        return mine, told

    async def _alike(self, each: PersonsNotice, tidings: Tidings) -> list[bytes]:
        """The other notices that the same letter tells: of which the same is to be said, but for the link. Not one that cannot be
        read, which waits alone."""
        if each.notice.kind not in LISTS:
            return []
        found = []
        for other in await self.notices.open_beside(each):
            try:
                theirs = await self.tidings(other)
            except Unreadable:
                continue
            if theirs is not None and replace(theirs, link=tidings.link) == tidings:
                found.append(other.key)
        return found

    async def tidings(self, each: PersonsNotice) -> Tidings | None:
        """What a notice may tell its person now; None if nothing, or no longer. Raises `Unreadable` and `Behind`."""
        if each.notice.kind in (LetterKind.DEADLINE_NEAR, LetterKind.INVITATION_DUE):
            begun = await self.drafts.begun(each.person, each.notice.about)
            if begun is not (each.notice.kind is LetterKind.DEADLINE_NEAR):
                return None
        if each.notice.kind in (LetterKind.DRAFT_ENDING, LetterKind.REPORT_DRAFT_ENDING):
            return await ending_draft(self.reader, self.drafts, self.shared_drafts, each, now=self.clock())
        if _is_work(each):
            return await work_tidings(self.reader, each.person, now=self.clock())
        return await telling.tidings(self.reader, each.person, each.notice, now=self.clock())

    async def still_told(self, key: bytes) -> bool:
        """Whether a letter that waited may still be sent to its reader: for one of the notices that it tells is enough. Raises
        `Unreadable` if it may be one that cannot be read, and `Behind`."""
        each = await self.notices.find(key)
        if each is None:
            return False
        person: Person = (await self.reader.load((PERSON, each.person)))[each.person].state
        if person.erased or not _wants(person, each):
            return False
        unknown: Unreadable | None = None
        for told in (each, *await self.notices.told_beside(each)):
            try:
                if await self.tidings(told) is not None:
                    return True
            except Unreadable as error:
                unknown = error
        if unknown is not None:
            raise unknown
        return False


def _is_work(each: PersonsNotice) -> bool:
    return each.notice.kind is LetterKind.WORK_WAITS


def _wants(person: Person, each: PersonsNotice) -> bool:
    """Whether a person gets letters of a notice's kind."""
    if person.letters == "all_but_work":
        return not _is_work(each)
    return person.letters == "all" or each.notice.kind in OF_ACCOUNT
