"""Verifies tokens, sessions and claims against the history: each must have facts behind it.

The program's database role must be able to create all of them, so somebody with its password can too. `overwinter verify`
reports those without a fact.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import psycopg

from domain.deciding import Fact
from domain.initiatives.facts import INSTALLATION_ID, InstallationOpened
from domain.persons.facts import (
    PersonClaimMade,
    PersonClaimUsed,
    PersonErased,
    PersonFactorAdded,
    PersonFactorRemoved,
    PersonRecovered,
    PersonRegistered,
    PersonWayInAdded,
    PersonWayInRemoved,
)
from domain.topics import stream_of, topics_of
from domain.values import SYSTEM
from history.documents import read

Reason = Literal["nobody", "erased", "unclaimed", "not added", "no factor", "maker", "another"]

REASONS: Final[Mapping[Reason, str]] = {
    "nobody": "no fact registers its person",
    "erased": "its person was erased",
    "unclaimed": "no fact says that its person was given, or has used, the claim that it names",
    "not added": "no fact says that its person added this way to sign in, or one says that they removed it",
    "no factor": "no fact says that its person added this second factor, or one says that it was removed",
    "maker": "no fact registers the person who is named as its maker",
    "another": "it belongs to another person than the token that it was exchanged for",
}
"""Why a token, session, claim or way in is reported."""


class Unfounded(NamedTuple):
    """A token, session, claim or way in without facts behind it. `id` is the start of its digest in hex, as in `overwinter
    tokens list`, or the way's own id."""

    kind: Literal["claim", "second factor", "session", "token", "way in"]
    id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class People:
    """From the facts: who was registered, who was erased, which claims each person was given and has used, and which ways
    in they added and still have.
    `demonstration`: the installation is a demonstration, whose tokens have no claims."""

    registered: frozenset[str]
    erased: frozenset[str]
    given: frozenset[tuple[str, str]]
    used: frozenset[tuple[str, str]]
    added: frozenset[tuple[str, str]]
    ways_in: frozenset[tuple[str, str]]
    demonstration: bool

    def why_not(self, person: str) -> Reason | None:
        """Why this person cannot have access; None if they can."""
        if person not in self.registered:
            return "nobody"
        return "erased" if person in self.erased else None


class Token(NamedTuple):
    """A token as it is stored."""

    id: str
    person: str
    made_by: str
    claim: str | None
    way: str | None


TokenCheck = Callable[[Token, People], Reason | None]


def _its_person(token: Token, people: People) -> Reason | None:
    return people.why_not(token.person)


def _its_claim(token: Token, people: People) -> Reason | None:
    if token.claim is None and token.way is None:
        return None if people.demonstration else "unclaimed"
    if token.claim is None:
        return None if (token.person, token.way) in people.added else "not added"
    return None if (token.person, token.claim) in people.used else "unclaimed"


def _its_maker(token: Token, people: People) -> Reason | None:
    return None if token.made_by == SYSTEM or token.made_by in people.registered else "maker"


TOKEN_CHECKS: Final[tuple[TokenCheck, ...]] = (_its_person, _its_maker, _its_claim)
"""The checks of a token, in this order; the first reason counts."""


def unfounded(url: str) -> list[Unfounded]:
    """The claims, tokens and sessions without facts behind them, sorted by kind and id. Also checks those that have ended.

    Raises psycopg.OperationalError if the database cannot be reached.
    """
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        # In one snapshot, or a person registered meanwhile would have a token but no fact.
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        given, used = _claims_in_facts(connection)
        added, ways_in = _ways_in_facts(connection)
        people = People(
            registered=_streams(connection, PersonRegistered),
            erased=_streams(connection, PersonErased),
            given=given,
            used=used,
            added=added,
            ways_in=ways_in,
            demonstration=_demonstration(connection),
        )
        return [
            *_claims(connection, people),
            *_tokens(connection, people),
            *_sessions(connection, people),
            *_ways_in(connection, people),
            *_factors(connection, people),
        ]


def _streams(connection: psycopg.Connection[Any], fact: type[Any]) -> frozenset[str]:
    rows = connection.execute(
        "SELECT stream FROM history.facts WHERE topic = ANY (%s)", (list(topics_of(fact)),)
    )
    return frozenset([stream for (stream,) in rows])


def _claims_in_facts(
    connection: psycopg.Connection[Any],
) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """The claims that each person was given, and those that they have used, from the facts of the person's own stream."""
    given, used = set(), set()
    rows = connection.execute(
        "SELECT stream, topic, document FROM history.facts WHERE topic = ANY (%s) ORDER BY position",
        (list(topics_of(PersonClaimMade, PersonClaimUsed)),),
        binary=True,
    )
    for fact in _own_facts(rows):
        match fact:
            case PersonClaimMade():
                given.add((fact.person, fact.claim))
            case PersonClaimUsed() if (fact.person, fact.claim) in given:
                used.add((fact.person, fact.claim))
    return frozenset(given), frozenset(used)


def _ways_in_facts(
    connection: psycopg.Connection[Any],
) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """The ways in that each person added, and those of them that they still have."""
    added, removed = set(), set()
    rows = connection.execute(
        "SELECT stream, topic, document FROM history.facts WHERE topic = ANY (%s) ORDER BY position",
        (list(topics_of(PersonWayInAdded, PersonWayInRemoved)),),
        binary=True,
    )
    for fact in _own_facts(rows):
        match fact:
            case PersonWayInAdded():
                added.add((fact.person, fact.way))
            case PersonWayInRemoved():
                removed.add((fact.person, fact.way))
            case _:
                pass
    return frozenset(added), frozenset(added - removed)


def _demonstration(connection: psycopg.Connection[Any]) -> bool:
    """Whether the first fact of the installation's stream says that it is a demonstration."""
    rows = connection.execute(
        "SELECT stream, topic, document FROM history.facts WHERE stream = %s AND version = 1",
        (INSTALLATION_ID,),
        binary=True,
    )
    return any(isinstance(fact, InstallationOpened) and fact.demonstration for fact in _own_facts(rows))


def _own_facts(rows: Iterable[tuple[str, str, bytes]]) -> Iterator[Fact]:
    """The facts in rows of stream, topic and document that can be read and are in the stream that they name."""
    for stream, topic, document in rows:
        with contextlib.suppress(Exception):  # a damaged fact can raise anything; it is ignored
            fact = read(topic, document).fact
            if stream_of(fact) == stream:
                yield fact


def _claims(connection: psycopg.Connection[Any], people: People) -> Iterator[Unfounded]:
    rows = connection.execute(
        "SELECT left(encode(digest, 'hex'), 16), person, claim FROM accounts.claims ORDER BY digest"
    )
    for shown, person, claim in rows:
        reason = people.why_not(person)
        if reason is None and (person, claim) not in people.given:
            reason = "unclaimed"
        if reason is not None:
            yield Unfounded("claim", shown, reason)


def _tokens(connection: psycopg.Connection[Any], people: People) -> Iterator[Unfounded]:
    rows = connection.execute(
        "SELECT left(encode(digest, 'hex'), 16), person, made_by, claim, way FROM accounts.tokens ORDER BY digest"
    )
    for token in map(Token._make, rows):
        reason = next((found for check in TOKEN_CHECKS if (found := check(token, people)) is not None), None)
        if reason is not None:
            yield Unfounded("token", token.id, reason)


def _sessions(connection: psycopg.Connection[Any], people: People) -> Iterator[Unfounded]:
    rows = connection.execute(
        "SELECT left(encode(s.digest, 'hex'), 16), s.person, t.person, s.claim, s.way FROM accounts.sessions s "
        "LEFT JOIN accounts.tokens t ON t.digest = s.token ORDER BY s.digest"
    )
    for session, person, of_token, claim, way in rows:
        reason = people.why_not(person)
        if reason is None and of_token is None:
            if way is not None:
                reason = None if (person, way) in people.added else "not added"
            elif (person, claim) not in people.used:
                reason = "unclaimed"
        if reason is None and of_token is not None and person != of_token:
            reason = "another"
        if reason is not None:
            yield Unfounded("session", session, reason)


def _factors(connection: psycopg.Connection[Any], people: People) -> Iterator[Unfounded]:
    has = _factors_in_facts(connection)
    for factor, person in connection.execute("SELECT factor, person FROM accounts.factors ORDER BY factor"):
        reason = people.why_not(person)
        if reason is None and (person, factor) not in has:
            reason = "no factor"
        if reason is not None:
            yield Unfounded("second factor", factor, reason)


def _factors_in_facts(connection: psycopg.Connection[Any]) -> frozenset[tuple[str, str]]:
    """The second factors that each person still has."""
    has: set[tuple[str, str]] = set()
    rows = connection.execute(
        "SELECT stream, topic, document FROM history.facts WHERE topic = ANY (%s) ORDER BY position",
        (list(topics_of(PersonFactorAdded, PersonFactorRemoved, PersonRecovered)),),
        binary=True,
    )
    for fact in _own_facts(rows):
        match fact:
            case PersonFactorAdded():
                has.add((fact.person, fact.factor))
            case PersonFactorRemoved():
                has.discard((fact.person, fact.factor))
            case PersonRecovered():
                has = {each for each in has if each[0] != fact.person}
            case _:
                pass
    return frozenset(has)


def _ways_in(connection: psycopg.Connection[Any], people: People) -> Iterator[Unfounded]:
    for way, person in connection.execute("SELECT way, person FROM accounts.ways_in ORDER BY way"):
        reason = people.why_not(person)
        if reason is None and (person, way) not in people.ways_in:
            reason = "not added"
        if reason is not None:
            yield Unfounded("way in", way, reason)
