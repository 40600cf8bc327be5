"""What happens to the installation and to initiatives."""

from __future__ import annotations

from typing import Final

from domain.deciding import Fact
from domain.letters.facts import InitiativeLetterReset, InitiativeLetterWritten
from domain.texts import Texts
from domain.topic import STAFF, stored_as
from domain.values import Role

NEED_FACTOR: Final = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.FINANCE, Role.APPROVER})
"""The roles for which an initiative can require a second factor."""

INSTALLATION_ID: Final = "installation-" + "0" * 32
"""The only stream of the installation itself; its first fact is the history's first fact."""


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
    | InitiativeLetterWritten
    | InitiativeLetterReset
    | InitiativeFactorsRequired
    | MemberSecured
)
