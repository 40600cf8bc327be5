"""A person: registered, known by a handle within each call or fund, and erased for good when asked."""

from __future__ import annotations

import enum
from typing import Annotated, Literal, assert_never

import msgspec

from domain.deciding import Aggregate, Fact
from domain.personal import Personal, Withheld
from domain.refusals import Invalid, NotFound, Refused
from domain.values import check_text

ErasureReason = Literal["asked_by_person", "retention_ended", "safety", "other"]

# Facts


class PersonRegistered(Fact, frozen=True, kw_only=True):
    """A person became known to the installation. All that identifies them is sealed under their own key."""

    person: str
    name: Annotated[str | Withheld, Personal(of="person")]
    email: Annotated[str | Withheld | None, Personal(of="person")]
    language: str


class PersonHandleGiven(Fact, frozen=True, kw_only=True):
    """Within `scope` (a call, a fund, an initiative) the person's acts carry `handle`, so that funders can tell two
    people apart and cannot tell who they are."""

    person: str
    scope: str
    handle: str


class PersonErased(Fact, frozen=True, kw_only=True):
    """The person's sealing key was destroyed; what was sealed under it can no longer be opened."""

    person: str
    reason: ErasureReason


PersonFact = PersonRegistered | PersonHandleGiven | PersonErased

# State


class PersonStatus(enum.StrEnum):
    """Where a person stands."""

    REGISTERED = "registered"
    ERASED = "erased"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person as their facts left them; it holds nothing personal. `handles` are by scope."""

    status: PersonStatus | None = None
    language: str = "en"
    handles: dict[str, str] = {}


def evolve(person: Person, fact: PersonFact) -> Person:
    """The person after one more fact."""
    match fact:
        case PersonRegistered():
            return Person(status=PersonStatus.REGISTERED, language=fact.language)
        case PersonHandleGiven():
            return msgspec.structs.replace(person, handles={**person.handles, fact.scope: fact.handle})
        case PersonErased():
            return msgspec.structs.replace(person, status=PersonStatus.ERASED)
        case _:
            assert_never(fact)


PERSON = Aggregate(kind="person", empty=Person(), evolve=evolve)

# Rules


def register(person_id: str, *, name: str, email: str | None, language: str) -> tuple[Fact, ...]:
    """Register a person under a name, perhaps with an address."""
    if not (2 <= len(language) <= 3 and language.isascii() and language.isalpha() and language.islower()):
        raise Invalid.field("language", "A language is written as its code, such as en or ru.")
    return (
        PersonRegistered(
            person=person_id,
            name=check_text(name, "name", most=200),
            email=check_email(email),
            language=language,
        ),
    )


def check_email(email: str | None) -> str | None:
    """An e-mail address without white space at its ends; an empty one counts as none. Raises `Invalid`."""
    if email is None or not email.strip():
        return None
    address = check_text(email, "email", most=254)
    local, _, host = address.rpartition("@")
    if not local or "." not in host.strip(".") or any(character.isspace() for character in address):
        raise Invalid.field("email", "This does not look like an e-mail address.")
    return address


def address_claim(email: str) -> tuple[str, str]:
    """The claim to an address, which one person holds at a time in any spelling, and the sentence that refuses it to
    another."""
    return f"address {email.lower()}", "This address belongs to a registered person already."


def check_known(person: Person, person_id: str) -> None:
    """Raise `NotFound` unless the person was registered once; only for those who may know who is."""
    if person.status is None:
        raise NotFound("There is no such person.", named=person_id)


def check_registered(person: Person, person_id: str) -> None:
    """Raise `NotFound` or `Refused` unless the person can be given something: a role, an office."""
    check_known(person, person_id)
    if person.status is PersonStatus.ERASED:
        raise Refused("This person was erased.")


def give_handle(person_id: str, person: Person, *, scope: str, handle: str) -> tuple[Fact, ...]:
    """Bind a handle to a person within a scope, once."""
    if scope in person.handles:
        raise Refused("This person has a handle there already.")
    return (PersonHandleGiven(person=person_id, scope=scope, handle=handle),)


def erase(person_id: str, person: Person, *, reason: ErasureReason) -> tuple[Fact, ...]:
    """Erase a person; their facts stay, unreadable."""
    if person.status is PersonStatus.ERASED:
        raise Refused("This person was erased already.")
    return (PersonErased(person=person_id, reason=reason),)
