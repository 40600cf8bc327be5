"""Parties: who applies, receives or is paid. A party is a person, or an organisation with members who act for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from domain.applications.state import APPLICATION, Application
from domain.deciding import IndexEntries, Part, maybe, some
from domain.indexes import (
    applications_by,
    avoiding,
    kept_from,
    shown_again_to,
    submissions_to,
    written_in,
)
from domain.messages import msg
from domain.organisations import ORGANISATION, Organisation, check_takes_part
from domain.persons.rules import check_registered
from domain.persons.state import PERSON, Person
from domain.refusals import NotFound
from domain.values import SYSTEM, is_id

PartyState = Person | Organisation


class Actor(msgspec.Struct, frozen=True):
    """The person who asks: their id (``system`` for the program, empty for an unknown visitor), with the organisations
    for which they act now, and those for which they acted before."""

    id: str
    organisations: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()

    @classmethod
    def of(cls, person_id: str, person: Person) -> Actor:
        """A person as an actor."""
        return cls(person_id, person.organisations, person.former_organisations)

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties for which they act: first themselves, then their organisations, sorted."""
        return (self.id, *sorted(self.organisations))

    @property
    def all_parties(self) -> tuple[str, ...]:
        """The parties that they have ties to: those for which they act, and those for which they acted before."""
        return (self.id, *sorted(self.organisations | self.former))


class OwnApplications(tuple[str, ...]):  # noqa: SLOT001 - a tuple cannot have slots for an attribute
    """The applications of all parties that a person has ties to, and those in whose drafts they wrote, sorted: those in
    a round, and those that are invited to a later stage of its call or going on there. `competing`: there is one of the
    latter, so that the others' applications are rivals in every round of the call, also in one that is decided.

    `avoided_by` are the applicants who never want the person to read their applications (see `avoided_by`), and
    `avoided` are these applications to the call."""

    competing: bool = False
    avoided_by: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()

    @classmethod
    def of(cls, in_round: Iterable[str], to_call: Mapping[str, Application]) -> OwnApplications:
        """From the ids of those in the round, and the states of all that were submitted to the call."""
        later = {each for each, application in to_call.items() if application.rivals_later}
        own = cls(sorted({*in_round, *later}))
        own.competing = bool(later)
        return own


class Conflicts(tuple[str, ...]):  # noqa: SLOT001 - as above
    """The applications in some rounds that a person must not deal with, sorted: those with which they `declared` a conflict of
    interest, and those of applicants who never want them to read theirs (`avoided`)."""

    declared: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()

    @classmethod
    def of(cls, declared: Iterable[str], avoided: Iterable[str]) -> Conflicts:
        """From both kinds."""
        known, hidden = frozenset(declared), frozenset(avoided)
        conflicts = cls(sorted(known | hidden))
        conflicts.declared, conflicts.avoided = known, hidden
        return conflicts


def acts_for(actor: Actor, party: str) -> bool:
    """Whether a person acts for a party: for themselves, or for an organisation of which they are a member."""
    return party == actor.id or party in actor.organisations


def is_tied_to(actor: Actor, party: str | None) -> bool:
    """Whether a person acts for a party, or acted for it before. Then they cannot judge it, nor decide on its money."""
    return party is not None and (acts_for(actor, party) or party in actor.former)


def is_organisation(party: str) -> bool:
    """Whether this id has the shape of an organisation's."""
    return is_id(ORGANISATION.kind, party)


def check_can_begin(state: PartyState, party: str) -> None:
    """Raise `NotFound` or `Refused` unless something new can begin with a party, such as late access or a payment."""
    if state.status is None:
        raise NotFound(msg("There is no such person or organisation."), named=party)
    if isinstance(state, Organisation):
        check_takes_part(state)
    else:
        check_registered(state, party)


def actor_of(person_id: str) -> Part[Actor]:
    """A person with the organisations for which they act or acted."""
    if person_id == SYSTEM:
        return Actor(SYSTEM)
    return Actor.of(person_id, (yield from maybe(PERSON, person_id)))


def actor_in(person_id: str, round_id: str, call_id: str) -> Part[tuple[Actor, OwnApplications]]:
    """A person as an actor, and the applications of all parties that they have ties to, in a round of a call (`applied_by`)."""
    own = yield from _applied_by((person_id,), round_id, call_id)
    actor = yield from actor_of(person_id)
    if len(actor.all_parties) > 1:
        own = yield from applied_by(actor, round_id, call_id)
    return actor, own


def party_of(party_id: str) -> Part[PartyState]:
    """The state of a party."""
    if is_organisation(party_id):
        return (yield from maybe(ORGANISATION, party_id))
    return (yield from maybe(PERSON, party_id))


def avoided_by(found: Mapping[str, tuple[str, ...]], person: str) -> Part[frozenset[str]]:
    """The parties that never want a person to read their applications: people who named them, and organisations for
    which such people act, unless the person acts for the same one. `found` has the entries of `kept_from` and
    `shown_again_to`. Queries ask the same with `projections.fresh.Fresh.avoided_by`."""
    people = avoiding(found, person)
    return (
        with_organisations(people, (yield from some(PERSON, (*people, person))), person) if people else people
    )


def with_organisations(people: frozenset[str], states: Mapping[str, Person], reader: str) -> frozenset[str]:
    """People who named a reader, and the organisations for which they act and the reader does not."""
    theirs = {each for person in people for each in states[person].organisations}
    return people | (theirs - states[reader].organisations)


def applied_by(actor: Actor, round_id: str, call_id: str) -> Part[OwnApplications]:
    """The applications of all parties that a person has ties to, in a round and in later stages of its call. Queries
    ask the same with `projections.fresh.Fresh.applied_by`."""
    return (yield from _applied_by(actor.all_parties, round_id, call_id))


def _applied_by(parties: Sequence[str], round_id: str, call_id: str) -> Part[OwnApplications]:
    person = parties[0]
    in_round = tuple(applications_by(party, round_id) for party in parties)
    helped = written_in(call_id, person)
    in_call = (*(submissions_to(call_id, party) for party in parties), helped)
    found: Mapping[str, tuple[str, ...]] = yield IndexEntries(
        (*in_round, *in_call, kept_from(person), shown_again_to(person))
    )
    to_call = yield from some(APPLICATION, sorted({each for index in in_call for each in found[index]}))
    own = OwnApplications.of(
        (
            *(each for index in in_round for each in found[index]),
            *(each for each in found[helped] if round_id in to_call[each].rounds),
        ),
        to_call,
    )
    own.avoided_by = yield from avoided_by(found, person)
    if own.avoided_by:
        theirs = tuple(submissions_to(call_id, party) for party in sorted(own.avoided_by))
        submitted: Mapping[str, tuple[str, ...]] = yield IndexEntries(theirs)
        own.avoided = frozenset(each for index in theirs for each in submitted[index])
    return own
