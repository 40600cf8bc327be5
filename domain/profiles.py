"""The rules of a person's profile: how they are called and reached, and who must never read their applications."""

from __future__ import annotations

from collections.abc import Sequence

from domain import limits
from domain.calls.drafting import check_time_zone
from domain.deciding import Fact
from domain.messages import msg
from domain.persons.facts import PersonProfileChanged, PersonReaderAllowed, PersonReaderExcluded
from domain.persons.rules import check_registered
from domain.persons.state import Person
from domain.refusals import Invalid, NotFound, Refused
from domain.texts import check_language, check_optional, check_text


def change(
    person_id: str,
    person: Person,
    *,
    name: str,
    language: str,
    languages: Sequence[str],
    time_zone: str | None,
    contact: str | None,
) -> tuple[Fact, ...]:
    """Change one's profile. `language` is that of letters and pages, `languages` are others that one reads."""
    check_registered(person, person_id)
    check_language(language, "language")
    if len(languages) > limits.LANGUAGES:
        raise Invalid.field("languages", msg("Name at most {most} languages.", most=limits.LANGUAGES))
    for number, each in enumerate(languages):
        check_language(each, f"languages[{number}]")
    return (
        PersonProfileChanged(
            person=person_id,
            language=language,
            name=check_text(name, "name", most=limits.NAME),
            languages=tuple(dict.fromkeys(languages)),
            time_zone=_zone(time_zone),
            contact=check_optional(contact, "contact", most=limits.CONTACT),
        ),
    )


def _zone(name: str | None) -> str | None:
    if name is None or not name.strip():
        return None
    check_time_zone(name.strip(), "time_zone")
    return name.strip()


def exclude(person_id: str, person: Person, *, exclusion: str, reader: str, named: str) -> tuple[Fact, ...]:
    """Name somebody who must never read one's applications: `reader` is a keyed hash of who that is, and `named` what was
    typed. Somebody can be named twice, so that nobody learns whether two addresses belong to one person."""
    check_registered(person, person_id)
    if len(person.exclusions) >= limits.EXCLUSIONS:
        raise Refused(
            msg("You can name at most {most} people; remove one of them first.", most=limits.EXCLUSIONS)
        )
    return (
        PersonReaderExcluded(
            person=person_id,
            exclusion=exclusion,
            reader=reader,
            named=check_text(named, "named", most=limits.EMAIL),
        ),
    )


def allow(person_id: str, person: Person, *, exclusion: str) -> tuple[Fact, ...]:
    """End an exclusion."""
    check_registered(person, person_id)
    reader = person.exclusions.get(exclusion)
    if reader is None:
        raise NotFound(msg("You have not named this person, or have removed them already."), named=exclusion)
    return (PersonReaderAllowed(person=person_id, exclusion=exclusion, reader=reader),)
