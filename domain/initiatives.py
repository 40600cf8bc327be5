"""The installation, which has administrators, and its initiatives (the tenants), which have members with roles."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from typing import Final, assert_never

import msgspec

from domain import limits
from domain.deciding import Aggregate, Fact
from domain.messages import msg
from domain.refusals import Invalid, Refused
from domain.texts import Texts, check_language, check_text, check_texts
from domain.topic import STAFF, stored_as
from domain.values import CALL_ROLES, MEMBER_ROLES, Role

NEED_FACTOR: Final = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.FINANCE, Role.APPROVER})
"""The roles for which an initiative can require a second factor."""

INSTALLATION_ID: Final = "installation-" + "0" * 32
"""The only stream of the installation itself; its first fact is the history's first fact."""

# Facts


@stored_as("installation.opened.v1")
class InstallationOpened(Fact, frozen=True, kw_only=True):
    """The history's first fact. It says whether this is a `demonstration`, which cannot be changed later."""

    demonstration: bool


@stored_as("installation.administrator_appointed.v1")
class AdministratorAppointed(Fact, frozen=True, kw_only=True):
    """A person became an administrator of the installation: they can found initiatives, register people and make claims
    for them."""

    person: str


@stored_as("initiative.founded.v1", audience=STAFF)
class InitiativeFounded(Fact, frozen=True, kw_only=True):
    """An initiative was founded; its founder is its first administrator."""

    initiative: str
    name: str
    founder: str


@stored_as("initiative.described.v1", audience=STAFF)
class InitiativeDescribed(Fact, frozen=True, kw_only=True):
    """The initiative's public profile: its name, what it is (`about`), how it can be reached, the languages in which it
    writes its calls, and what it does with personal data (`privacy`)."""

    initiative: str
    name: str
    about: Texts
    contact: str | None
    languages: tuple[str, ...]
    privacy: Texts


@stored_as("initiative.member_added.v1", audience=STAFF)
class MemberAdded(Fact, frozen=True, kw_only=True):
    """A person got roles in the initiative, which replace earlier ones."""

    initiative: str
    person: str
    roles: tuple[Role, ...]


@stored_as("initiative.member_removed.v1", audience=STAFF)
class MemberRemoved(Fact, frozen=True, kw_only=True):
    """A person no longer has a role in the initiative."""

    initiative: str
    person: str


@stored_as("initiative.member_added_to_call.v1", audience=STAFF)
class MemberAddedToCall(Fact, frozen=True, kw_only=True):
    """A person got roles for one call, in addition to those in the whole initiative. They replace earlier ones for this
    call."""

    initiative: str
    call: str
    person: str
    roles: tuple[Role, ...]


@stored_as("initiative.member_removed_from_call.v1", audience=STAFF)
class MemberRemovedFromCall(Fact, frozen=True, kw_only=True):
    """A person no longer has a role for this call alone."""

    initiative: str
    call: str
    person: str


@stored_as("initiative.juror_added_to_round.v1", audience=STAFF)
class JurorAddedToRound(Fact, frozen=True, kw_only=True):
    """A person became a juror of one round of a call, and of nothing else."""

    initiative: str
    call: str
    round: str
    person: str


@stored_as("initiative.juror_removed_from_round.v1", audience=STAFF)
class JurorRemovedFromRound(Fact, frozen=True, kw_only=True):
    """A person is no longer a juror of this round alone."""

    initiative: str
    call: str
    round: str
    person: str


@stored_as("initiative.member_left.v1", audience=STAFF)
class MemberLeft(Fact, frozen=True, kw_only=True):
    """A person gave up their roles: those for one `round`, those for one `call` and its rounds, or, without either, all
    in the initiative."""

    initiative: str
    person: str
    call: str | None
    round: str | None


@stored_as("initiative.screening_set.v1", audience=STAFF)
class InitiativeScreeningSet(Fact, frozen=True, kw_only=True):
    """Whether payees must be screened against sanctions lists before any payment of the initiative."""

    initiative: str
    required: bool


@stored_as("initiative.factors_required.v1", audience=STAFF)
class InitiativeFactorsRequired(Fact, frozen=True, kw_only=True):
    """Whether administrators, officers, finance and approvers of the initiative need a second factor for signing in. Without one,
    they can do nothing in these roles. `secured` are the members who have one at that time."""

    initiative: str
    required: bool
    secured: tuple[str, ...]


@stored_as("initiative.member_secured.v1")
class MemberSecured(Fact, frozen=True, kw_only=True):
    """A member of an initiative that requires second factors has one now, or (not `secured`) has none any more."""

    initiative: str
    person: str
    secured: bool


InstallationFact = InstallationOpened | AdministratorAppointed
InitiativeFact = (
    InitiativeFounded
    | InitiativeDescribed
    | MemberAdded
    | MemberRemoved
    | MemberAddedToCall
    | MemberRemovedFromCall
    | JurorAddedToRound
    | JurorRemovedFromRound
    | MemberLeft
    | InitiativeScreeningSet
    | InitiativeFactorsRequired
    | MemberSecured
)

# State


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
    alone; whether it requires a screening before each payment, and second factors, which the `secured` have."""

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

# Rules


def open_installation(installation: Installation, *, demonstration: bool) -> tuple[Fact, ...]:
    """Write the history's first fact."""
    if installation.status is not None:
        raise Refused(msg("The history of this installation has already begun."))
    return (InstallationOpened(demonstration=demonstration),)


def appoint(installation: Installation, *, person: str) -> tuple[Fact, ...]:
    """Make a registered person an administrator of the installation."""
    if person in installation.administrators:
        raise Refused(msg("This person is already an administrator."))
    return (AdministratorAppointed(person=person),)


def appoint_first(installation: Installation, *, person: str) -> tuple[Fact, ...]:
    """Make somebody the first administrator of an installation that never had one."""
    if installation.administrators:
        raise Refused(msg("This installation already has an administrator, so it cannot be set up again."))
    return (AdministratorAppointed(person=person),)


def found(initiative_id: str, *, name: str, founder: str, field: str = "name") -> tuple[Fact, ...]:
    """Found an initiative; `field` is the command's field with its name."""
    return (
        InitiativeFounded(
            initiative=initiative_id, name=check_text(name, field, most=limits.NAME), founder=founder
        ),
    )


def describe(initiative: Initiative, described: InitiativeDescribed) -> tuple[Fact, ...]:
    """Change the initiative's profile."""
    if len(described.languages) > limits.LANGUAGES:
        raise Invalid.field(
            "languages", msg("An initiative has at most {most} languages.", most=limits.LANGUAGES)
        )
    for number, language in enumerate(described.languages):
        check_language(language, f"languages[{number}]")
    if len(set(described.languages)) < len(described.languages):
        raise Invalid.field("languages", msg("A language is named twice."))
    checked = msgspec.structs.replace(
        described,
        name=check_text(described.name, "name", most=limits.NAME),
        about=_optional_texts(described.about, "about"),
        contact=None
        if described.contact is None or not described.contact.strip()
        else check_text(described.contact, "contact", most=limits.CONTACT),
        privacy=_optional_texts(described.privacy, "privacy"),
    )
    unchanged = InitiativeDescribed(
        initiative=initiative.id,
        name=initiative.name,
        about=initiative.about,
        contact=initiative.contact,
        languages=initiative.languages,
        privacy=initiative.privacy,
    )
    if checked == unchanged:
        raise Refused(msg("This changes nothing in the profile."))
    return (checked,)


def _optional_texts(texts: Texts, field: str) -> Texts:
    return check_texts(texts, field, most=limits.SUMMARY, long=True) if texts else {}


def add_member(
    initiative: Initiative,
    *,
    person: str,
    roles: Iterable[Role],
    living: Collection[str],
    secured: bool = False,
) -> tuple[Fact, ...]:
    """Give a person roles, which replace earlier ones; the last administrator cannot lose that role. `living` are the
    administrators who were not erased. `secured`: the person has a second factor."""
    asked = set(roles)
    if asked - set(MEMBER_ROLES):
        raise Invalid.field("roles", msg("A member can have these roles: {roles}.", roles=MEMBER_ROLES))
    given = tuple(role for role in MEMBER_ROLES if role in asked)
    if not given:
        raise Invalid.field("roles", msg("Give at least one role, or remove the member."))
    if Role.ADMINISTRATOR not in given:
        keep_one_administrator(living, without=person)
    if initiative.held(person) == frozenset(given):
        raise Refused(msg("This person already has exactly these roles."))
    return (
        MemberAdded(initiative=initiative.id, person=person, roles=given),
        *note_factor(initiative, person=person, secured=secured),
    )


def remove_member(initiative: Initiative, *, person: str, living: Collection[str]) -> tuple[Fact, ...]:
    """Take all roles from a person, unless they are the last administrator. `living` are the administrators who were
    not erased."""
    if not initiative.takes_part(person):
        raise Refused(msg("This person has no role here."))
    keep_one_administrator(living, without=person)
    return (MemberRemoved(initiative=initiative.id, person=person),)


def add_to_call(
    initiative: Initiative, call_id: str, *, person: str, roles: Iterable[Role], secured: bool = False
) -> tuple[Fact, ...]:
    """Give a person roles for one call, which replace earlier ones for it. `secured`: they have a second factor."""
    asked = set(roles)
    if asked - set(CALL_ROLES):
        raise Invalid.field(
            "roles", msg("For a single call, only these roles can be given: {roles}.", roles=CALL_ROLES)
        )
    given = tuple(role for role in CALL_ROLES if role in asked)
    if not given:
        raise Invalid.field("roles", msg("Give at least one role, or remove the person from the call."))
    if initiative.calls_of(person).get(call_id) == frozenset(given):
        raise Refused(msg("This person already has exactly these roles for this call."))
    return (
        MemberAddedToCall(initiative=initiative.id, call=call_id, person=person, roles=given),
        *note_factor(initiative, person=person, secured=secured),
    )


def remove_from_call(initiative: Initiative, call_id: str, *, person: str) -> tuple[Fact, ...]:
    """Take from a person the roles for one call; roles in the whole initiative stay."""
    if not initiative.calls_of(person).get(call_id):
        raise Refused(msg("This person has no role for this call only."))
    return (MemberRemovedFromCall(initiative=initiative.id, call=call_id, person=person),)


def set_screening(initiative: Initiative, *, required: bool) -> tuple[Fact, ...]:
    """Require a screening before each payment in every call, or stop requiring it."""
    check_screening_changes(initiative.screening, required)
    return (InitiativeScreeningSet(initiative=initiative.id, required=required),)


def require_factors(
    initiative: Initiative, *, required: bool, by: str, secured: Collection[str]
) -> tuple[Fact, ...]:
    """Require second factors of those who handle applications, money and roles, or stop requiring them. `by` is who does it, and
    `secured` the members who have one."""
    if initiative.factors_required is required:
        raise Refused(
            msg("Second factors are already required here.")
            if required
            else msg("Second factors are not required here.")
        )
    if required and by not in secured:
        raise Refused(
            msg("Set up a second factor for yourself first; otherwise you could do nothing here afterwards.")
        )
    return (
        InitiativeFactorsRequired(
            initiative=initiative.id,
            required=required,
            secured=tuple(sorted(secured)) if required else (),
        ),
    )


def note_factor(initiative: Initiative, *, person: str, secured: bool) -> tuple[Fact, ...]:
    """Record in an initiative that requires second factors whether a member has one; nothing if that is known."""
    if not initiative.factors_required or (person in initiative.secured) is secured:
        return ()
    return (MemberSecured(initiative=initiative.id, person=person, secured=secured),)


def check_screening_changes(required_now: bool, required: bool) -> None:
    """Raises `Refused` if this is the present setting."""
    if required_now is required:
        raise Refused(
            msg("Screening is already required here.") if required else msg("Screening is not required here.")
        )


def keep_one_administrator(living: Collection[str], *, without: str) -> None:
    """Raises `Refused` if the last administrator would lose that role."""
    if set(living) == {without}:
        raise Refused(msg("An initiative needs an administrator; name another one first."))
