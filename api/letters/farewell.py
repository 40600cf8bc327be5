"""The letter that tells somebody that they were erased: the last one, to an address that is known until then only."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from api.letters.letter import Letter
from api.locales import locale_of
from domain.messages import msg
from domain.persons.state import PERSON, Person
from domain.refusals import NotFound
from domain.values import is_id
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.unreadable import Unreadable

if TYPE_CHECKING:
    from api.run.wiring import Wiring

ERASED: Final = Letter(
    name="erased",
    subject=msg("Your data was erased"),
    paragraphs=(
        msg(
            "Your account here and what was stored about you under it can no longer be read by anybody. What has to be kept by law, "
            "such as the record of a payment, is kept until its date."
        ),
        msg("This is the last letter to this address. The address is deleted as soon as the letter is sent."),
    ),
    lasts=timedelta(days=1),
)
"""It says nothing of what was erased, and is kept for a day at most, since it holds the address."""

log = logging.getLogger("overwinter.letters")


@asynccontextmanager
async def told_of_erasure(wiring: Wiring, person: str) -> AsyncIterator[None]:
    """Put the letter into the outbox if the body, which erases a person, succeeds and they had confirmed an address. It
    is sealed under a key of its own, because the person's is destroyed. If it cannot be put there, the erasure stands
    all the same."""
    address, language = None, "en"
    try:
        if is_id(PERSON.kind, person):
            address = (await wiring.email.mail_addresses_of((person,))).get(person)
            state: Person = (await wiring.reader.load((PERSON, person)))[person].state
            language = state.language
    except (NotFound, Unreadable):
        pass
    yield
    if address is None:
        return
    try:
        async with wiring.history.connection() as connection:
            await wiring.outbox.put(connection, ERASED, to=address, locale=locale_of((language,)))
    except (KeysUnusable, Unavailable):
        log.warning("somebody was erased and could not be told by letter")
