"""The state of the installation and of an initiative."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import assert_never

import msgspec

from domain.deciding import Aggregate
from domain.initiatives.facts import (
    NEED_FACTOR,
    AdministratorAppointed,
    InitiativeDescribed,
    InitiativeFact,
    InitiativeFactorsRequired,
    InitiativeFounded,
    InitiativeScreeningSet,
    InstallationFact,
    InstallationOpened,
    JurorAddedToRound,
    JurorRemovedFromRound,
    MemberAdded,
    MemberAddedToCall,
    MemberLeft,
    MemberRemoved,
    MemberRemovedFromCall,
    MemberSecured,
)
from domain.letters.facts import InitiativeLetterReset, InitiativeLetterWritten
from domain.letters.kinds import LetterKind
from domain.letters.templates import LetterText
from domain.texts import Texts
from domain.values import Role


class InstallationStatus(enum.StrEnum):
    """Whether the installation's history has begun."""

    OPENED = "opened"


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the installation."""

    status: InstallationStatus | None = None
    demonstration: bool = False
    administrators: frozenset[str] = frozenset()


class RoundJury(msgspec.Struct, frozen=True, kw_only=True):
    """The people who are jurors of one round alone, and the call that it belongs to."""

    call: str
    jurors: frozenset[str]


class Initiative(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an initiative: its profile (see `InitiativeDescribed`; without `languages`, it writes in those of the
    program); its members' roles by person, by call the roles for that call alone, and by round the jurors of that round
    alone; whether it requires a screening before each payment, and second factors, which the `secured` have; and its own texts
    for letters, by kind and language."""

    id: str = ""
    name: str = ""
    about: Texts = {}
    contact: str | None = None
    languages: tuple[str, ...] = ()
    privacy: Texts = {}
    members: dict[str, frozenset[Role]] = {}
    by_call: dict[str, dict[str, frozenset[Role]]] = {}
    by_round: dict[str, RoundJury] = {}
    screening: bool = False
    letters: dict[LetterKind, dict[str, LetterText]] = {}
    factors_required: bool = False
    secured: frozenset[str] = frozenset()

    def held(self, person: str) -> frozenset[Role]:
        """The roles that a person was given, including those for one call if this is the initiative `within` it."""
        return self.members.get(person, frozenset())

    def roles(self, person: str) -> frozenset[Role]:
        """The roles in which a person can act now: without a second factor, not in those that need one here."""
        held = self.held(person)
        return held - NEED_FACTOR if self.lacks_factor(person) else held

    def lacks_factor(self, person: str) -> bool:
        """Whether a person needs a second factor for one of their roles, and has none."""
        return (
            self.factors_required
            and person not in self.secured
            and not NEED_FACTOR.isdisjoint(
                self.held(person).union(*self.calls_of(person).values())
                if self.by_call
                else self.held(person)
            )
        )

    def within(self, call: str, round: str | None = None) -> Initiative:
        """The initiative as seen in one of its calls, and in one of its rounds: roles for them are added to the
        others."""
        added = self.by_call.get(call, {})
        jurors = self.by_round[round].jurors if round in self.by_round else frozenset()
        if not added and not jurors:
            return self
        joined = {person: self.held(person) | roles for person, roles in added.items()}
        for person in jurors:
            joined[person] = joined.get(person, self.held(person)) | {Role.JUROR}
        return msgspec.structs.replace(self, members={**self.members, **joined})

    def held_anywhere_in(self, call: str, rounds: Iterable[str], person: str) -> frozenset[Role]:
        """The roles of a person in one of its calls, or in any of these rounds of it, whether or not they lack a second factor."""
        within = (self.within(call, each).held(person) for each in (None, *rounds))
        return frozenset().union(*within)

    def calls_of(self, person: str) -> dict[str, frozenset[Role]]:
        """The roles that a person has for single calls, by call."""
        return {call: held[person] for call, held in self.by_call.items() if person in held}

    def rounds_of(self, person: str) -> dict[str, str]:
        """The rounds of which a person alone is a juror, each with its call."""
        return {round: jury.call for round, jury in self.by_round.items() if person in jury.jurors}

    def takes_part(self, person: str) -> bool:
        """Whether a person has any role here, also for one call or round alone."""
        return bool(self.held(person) or any(self.calls_of(person).values()) or self.rounds_of(person))

    @property
    def people(self) -> tuple[str, ...]:
        """All people with a role in the initiative, one of its calls or one of their rounds, sorted."""
        for_calls = (person for held in self.by_call.values() for person in held)
        for_rounds = (person for jury in self.by_round.values() for person in jury.jurors)
        return tuple(sorted({*self.members, *for_calls, *for_rounds}))

    @property
    def administrators(self) -> tuple[str, ...]:
        """All people with the role of administrator, including erased ones, sorted."""
        return tuple(sorted(person for person, roles in self.members.items() if Role.ADMINISTRATOR in roles))


def evolve_installation(installation: Installation, fact: InstallationFact) -> Installation:
    """The installation after one more fact."""
    match fact:
        case InstallationOpened():
            if installation.status is not None:
                return installation  # only the first one counts; no command writes another
            return Installation(status=InstallationStatus.OPENED, demonstration=fact.demonstration)
        case AdministratorAppointed():
            return msgspec.structs.replace(
                installation, administrators=installation.administrators | {fact.person}
            )
        case _:
            assert_never(fact)


def evolve(initiative: Initiative, fact: InitiativeFact) -> Initiative:
    """The initiative after one more fact."""
    match fact:
        case InitiativeFounded():
            return Initiative(
                id=fact.initiative, name=fact.name, members={fact.founder: frozenset({Role.ADMINISTRATOR})}
            )
        case InitiativeDescribed():
            return msgspec.structs.replace(
                initiative,
                name=fact.name,
                about=fact.about,
                contact=fact.contact,
                languages=fact.languages,
                privacy=fact.privacy,
            )
        case MemberAdded():
            return msgspec.structs.replace(
                initiative, members={**initiative.members, fact.person: frozenset(fact.roles)}
            )
        case MemberRemoved():
            return msgspec.structs.replace(
                initiative,
                members=_without(initiative.members, fact.person),
                by_call={call: _without(held, fact.person) for call, held in initiative.by_call.items()},
                by_round=_without_juror(initiative.by_round, fact.person),
            )
        case MemberAddedToCall():
            return msgspec.structs.replace(
                initiative,
                by_call={
                    **initiative.by_call,
                    fact.call: {
                        **initiative.by_call.get(fact.call, {}),
                        fact.person: frozenset(fact.roles),
                    },
                },
            )
        case MemberRemovedFromCall():
            left = _without(initiative.by_call.get(fact.call, {}), fact.person)
            return msgspec.structs.replace(initiative, by_call={**initiative.by_call, fact.call: left})
        case JurorAddedToRound():
            jury = initiative.by_round.get(fact.round, RoundJury(call=fact.call, jurors=frozenset()))
            joined = msgspec.structs.replace(jury, jurors=jury.jurors | {fact.person})
            return msgspec.structs.replace(initiative, by_round={**initiative.by_round, fact.round: joined})
        case JurorRemovedFromRound():
            return msgspec.structs.replace(
                initiative, by_round=_without_juror(initiative.by_round, fact.person, round=fact.round)
            )
        case MemberLeft():
            return _left(initiative, fact)
        case InitiativeScreeningSet():
            return msgspec.structs.replace(initiative, screening=fact.required)
        case InitiativeLetterWritten():
            written = LetterText(subject=fact.subject, text=fact.text)
            return _with_letter(initiative, fact.letter, {fact.language: written})
        case InitiativeLetterReset():
            return _with_letter(initiative, fact.letter, {}, without=fact.language)
        case InitiativeFactorsRequired():
            return msgspec.structs.replace(
                initiative, factors_required=fact.required, secured=frozenset(fact.secured)
            )
        case MemberSecured():
            return msgspec.structs.replace(
                initiative,
                secured=initiative.secured | {fact.person}
                if fact.secured
                else initiative.secured - {fact.person},
            )
        case _:
            assert_never(fact)


def _with_letter(
    initiative: Initiative, letter: LetterKind, changed: dict[str, LetterText], *, without: str = ""
) -> Initiative:
    kept = {
        language: text for language, text in initiative.letters.get(letter, {}).items() if language != without
    }
    return msgspec.structs.replace(initiative, letters={**initiative.letters, letter: {**kept, **changed}})


def _left(initiative: Initiative, fact: MemberLeft) -> Initiative:
    by_round = _without_juror(initiative.by_round, fact.person, call=fact.call, round=fact.round)
    if fact.round is not None:
        return msgspec.structs.replace(initiative, by_round=by_round)
    by_call = {
        call: _without(held, fact.person) if fact.call in (None, call) else held
        for call, held in initiative.by_call.items()
    }
    if fact.call is not None:
        return msgspec.structs.replace(initiative, by_call=by_call, by_round=by_round)
    members = _without(initiative.members, fact.person)
    return msgspec.structs.replace(initiative, members=members, by_call=by_call, by_round=by_round)


def _without_juror(
    by_round: dict[str, RoundJury], person: str, *, call: str | None = None, round: str | None = None
) -> dict[str, RoundJury]:
    """The juries of rounds without a person: of one round, of all rounds of a call, or of all."""
    return {
        each: msgspec.structs.replace(jury, jurors=jury.jurors - {person})
        if round in (None, each) and call in (None, jury.call)
        else jury
        for each, jury in by_round.items()
    }


def _without(members: dict[str, frozenset[Role]], person: str) -> dict[str, frozenset[Role]]:
    return {member: roles for member, roles in members.items() if member != person}


INSTALLATION = Aggregate(kind="installation", empty=Installation(), evolve=evolve_installation)
INITIATIVE = Aggregate(kind="initiative", empty=Initiative(), evolve=evolve)
