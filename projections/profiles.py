"""One's own profile, with the people who must never read one's applications. Nobody else is shown it."""

from __future__ import annotations

import msgspec

from domain.messages import msg
from domain.persons.facts import PersonProfileChanged, PersonReaderExcluded, PersonRegistered
from domain.persons.state import PERSON, Person
from domain.refusals import Forbidden
from domain.topics import topics_of
from projections.reader import Reader, damaged_in, text_of


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who must never read one's applications, as one `named` them; None if that cannot be read."""

    id: str
    named: str | None
    damaged: tuple[str, ...] = ()


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One's own profile: how one is called, the `language` of letters and pages, the `languages` that one reads, one's time zone,
    how one can be reached, and who must never read one's applications."""

    person: str
    name: str | None
    language: str
    languages: tuple[str, ...]
    time_zone: str | None
    contact: str | None
    excluded: tuple[Exclusion, ...]
    damaged: tuple[str, ...] = ()


async def mine(reader: Reader, viewer: str | None) -> Profile:
    """One's own profile. Raises `Forbidden` for visitors who are not signed in."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    state: Person = await reader.the(PERSON, viewer)
    if state.erased:
        raise Forbidden(msg("This account was erased."))
    (fact,) = [
        recorded.fact
        for recorded in (
            await reader.newest([viewer], topics_of(PersonRegistered, PersonProfileChanged))
        ).values()
    ]
    assert isinstance(fact, PersonRegistered | PersonProfileChanged)
    changed = fact if isinstance(fact, PersonProfileChanged) else None
    languages = changed.languages if changed else ()
    zone, contact = (changed.time_zone, changed.contact) if changed else (None, None)
    return Profile(
        person=viewer,
        name=text_of(fact.name),
        language=state.language,
        languages=languages if isinstance(languages, tuple) else (),
        time_zone=text_of(zone),
        contact=text_of(contact),
        excluded=await _excluded(reader, viewer, state),
        damaged=damaged_in(
            {"name": fact.name, "languages": languages, "time_zone": zone, "contact": contact}
        ),
    )


async def _excluded(reader: Reader, viewer: str, state: Person) -> tuple[Exclusion, ...]:
    if not state.exclusions:
        return ()
    rows = await reader.rows(
        "SELECT position, stream, version, topic, document FROM history.facts "
        "WHERE stream = %(viewer)b AND topic = ANY (%(topics)b::text[]) ORDER BY version",
        viewer=viewer,
        topics=list(topics_of(PersonReaderExcluded)),
    )
    facts = [each.fact for each in (await reader.recorded(rows, open_boxes=True)).values()]
    return tuple(
        Exclusion(id=fact.exclusion, named=text_of(fact.named), damaged=damaged_in({"named": fact.named}))
        for fact in facts
        if isinstance(fact, PersonReaderExcluded) and fact.exclusion in state.exclusions
    )
