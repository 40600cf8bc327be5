"""Commands for persons."""

from __future__ import annotations

from typing import Annotated

from domain import access, limits, organisations, person_claims
from domain.commands.erasing import what_binds, what_goes_with
from domain.deciding import (
    Allowed,
    Command,
    CommandContext,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    index_entries,
    maybe,
    some,
    the,
)
from domain.indexes import invitations_of
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INITIATIVE, INSTALLATION, Initiative
from domain.organisations import ORGANISATION
from domain.persons import rules as person_rules
from domain.persons.facts import ErasureReason, LettersWanted, SubjectsWanted
from domain.persons.state import PERSON, Person
from domain.values import ClaimId, PersonId


class RegisterPerson(Command, frozen=True, kw_only=True):
    """Register a person by name, optionally with an e-mail address, which only one person can have."""

    name: limits.Name
    email: limits.Email | None = None
    language: str = "en"


class ErasePerson(Command, frozen=True, kw_only=True):
    """Destroy the sealing keys of a person and their dossiers, so that nobody can read their data any more. Their
    undecided applications end. Data that has to be kept by law, such as the record of a payment, stays until that time
    and is erased then. Organisations of which they are a member stay. This cannot be undone. An administrator of the
    installation can do it, and people themselves, unless a payment to them is under way or they are the last
    administrator."""

    person: PersonId
    reason: ErasureReason


class MakeClaim(Command, frozen=True, kw_only=True):
    """Make a one-time claim, which the person exchanges for a token that nobody else knows. It can be used for `days`
    days; a person has one at a time. The person and the members of their initiatives see that it was made."""

    person: PersonId
    days: Annotated[int, limits.described(minimum=1, maximum=limits.MOST_CLAIM_DAYS)] = limits.CLAIM_DAYS


class WithdrawClaim(Command, frozen=True, kw_only=True):
    """Withdraw an unused claim."""

    person: PersonId
    claim: ClaimId


class UseClaim(Command, frozen=True, kw_only=True):
    """Record that a claim was exchanged for access; the program does this when somebody sends the claim's secret."""

    person: PersonId
    claim: ClaimId


class ChooseLetters(Command, frozen=True, kw_only=True):
    """Choose which letters one gets: `all`, `all_but_work` (all but the daily one about work that waits) or `sign_in_only`; what they
    would say is on the start page, too. And whether their subjects are `discreet`, or may name the call (`telling`)."""

    person: PersonId
    letters: LettersWanted
    subjects: SubjectsWanted


def _register(command: RegisterPerson, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = context.new("person")

    return PlannedCommand(
        may=access.installation_administrator(context.actor, installation),
        initiative=None,
        decide=lambda: Outcome(
            facts={
                person: person_rules.register(
                    person, name=command.name, email=command.email, language=command.language
                )
            },
            answers=person,
            subjects=(person,),
        ),
    )


def _erase(command: ErasePerson, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    may = access.oneself_or_administrator(context.actor, command.person, installation)
    # Asked first: for everybody else, an existing person and a missing one look the same.
    person = (yield from the(PERSON, command.person)) if isinstance(may, Allowed) else Person()
    bound = (yield from what_binds(command.person, installation)) if context.actor == command.person else None
    going = yield from what_goes_with(command.person, context, reason=command.reason)
    invited_by = yield from index_entries(invitations_of(command.person))
    acted_for = yield from some(ORGANISATION, sorted({*person.organisations, *invited_by}))

    def decide() -> Outcome:
        if bound is not None:
            person_rules.check_may_go(bound)
        # The organisations stay, even without members: staff see that, and an administrator of the installation can
        # invite somebody.
        left = {
            organisation_id: facts
            for organisation_id, organisation in acted_for.items()
            if (facts := organisations.remove_erased(organisation_id, organisation, person=command.person))
        }
        erased = person_rules.erase(
            command.person, person, reason=command.reason, dossiers=going.dossiers, kept=going.kept
        )
        return Outcome(
            facts={command.person: erased, **left, **going.facts},
            answers=command.person,
            erases=(command.person, *going.erased),
            initiatives=going.initiatives,
        )

    return PlannedCommand(may=may, initiative=None, decide=decide)


def _entered_by(person: Person) -> Part[Initiative]:
    """The initiative whose staff registered a person, as seen in the call; an empty one if there is none."""
    if person.entered_by is None or person.entered_for is None:
        return Initiative()
    return (yield from the(INITIATIVE, person.entered_by)).within(person.entered_for)


def _make_claim(command: MakeClaim, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)
    initiative = yield from _entered_by(person)
    claim = context.new("claim")

    def decide() -> Outcome:
        made = person_claims.make_claim(
            command.person, person, claim=claim, made_by=context.actor, days=command.days, now=context.now
        )
        return Outcome(facts={command.person: made}, answers=command.person)

    return PlannedCommand(
        may=access.makes_claim(context.actor, person, installation, initiative),
        initiative=None,
        decide=decide,
    )


def _withdraw_claim(command: WithdrawClaim, context: CommandContext) -> Plan:
    installation = yield from the(INSTALLATION, INSTALLATION_ID)
    person = yield from maybe(PERSON, command.person)
    initiative = yield from _entered_by(person)

    def decide() -> Outcome:
        withdrawn = person_claims.withdraw_claim(command.person, person, claim=command.claim, now=context.now)
        return Outcome(facts={command.person: withdrawn}, answers=command.person)

    return PlannedCommand(
        may=access.withdraws_claim(context.actor, command.person, person, installation, initiative),
        initiative=None,
        decide=decide,
    )


def _choose_letters(command: ChooseLetters, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        chosen = person_rules.choose_letters(
            command.person, person, letters=command.letters, subjects=command.subjects
        )
        return Outcome(facts={command.person: chosen}, answers=command.person)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


def _use_claim(command: UseClaim, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        used = person_claims.use_claim(command.person, person, claim=command.claim, now=context.now)
        return Outcome(facts={command.person: used}, answers=command.person)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


# A person's stream holds their handles, so its version would tell in how many calls they act.
COMMANDS = (
    Registered("person.register", RegisterPerson, _register, versioned=False),
    Registered("person.make_claim", MakeClaim, _make_claim, versioned=False),
    Registered("person.withdraw_claim", WithdrawClaim, _withdraw_claim, versioned=False),
    Registered("person.use_claim", UseClaim, _use_claim, versioned=False),
    Registered("person.choose_letters", ChooseLetters, _choose_letters, versioned=False),
    Registered("person.erase", ErasePerson, _erase, versioned=False, grave=True),
)
